/** What a resource is to the others: the value of `Ref`, and those of `Fn::GetAtt`. */
export interface Deployed {
  ref: string;
  attributes?: Record<string, string>;
}

export interface ResourceInput {
  stack: string;
  logicalId: string;
  type: string;
  /** Intrinsics resolved. */
  properties: Record<string, unknown>;
}

/** Makes a resource, or finds it if it is there already. */
export type ResourceProvider = (resource: ResourceInput) => Promise<Deployed>;
