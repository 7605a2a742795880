/** A resource's attributes: the value of `Ref`, and those of `Fn::GetAtt`. */
export interface Deployed {
  ref: string;
  attributes?: Record<string, string>;
}

export interface ResourceInput {
  stack: string;
  logicalId: string;
  type: string;
  /** With intrinsics resolved. */
  properties: Record<string, unknown>;
}

/** Creates a resource, or finds the existing one. */
export type ResourceProvider = (resource: ResourceInput) => Promise<Deployed>;
