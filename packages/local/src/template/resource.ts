/** The values of a created resource: of `Ref`, and of `Fn::GetAtt` for each attribute. */
export interface Deployed {
  ref: string;
  attributes?: Record<string, string>;
}

export interface ResourceInput {
  stack: string;
  logicalId: string;
  type: string;
  /** The properties, after all intrinsic functions are resolved. */
  properties: Record<string, unknown>;
}

/** Creates a resource, or finds it if it already exists. */
export type ResourceProvider = (resource: ResourceInput) => Promise<Deployed>;
