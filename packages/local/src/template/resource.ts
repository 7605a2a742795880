/** The values that `Ref` and `Fn::GetAtt` return for a created resource. */
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

/** Creates a resource, or finds the resource if it already exists. */
export type ResourceProvider = (resource: ResourceInput) => Promise<Deployed>;
