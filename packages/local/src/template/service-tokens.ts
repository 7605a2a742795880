import type { Template } from './assembly.ts';

/**
 * Whether a resource is a function for deployments only. CloudFormation invokes such a function for custom resources,
 * and no other resource or output refers to the function.
 */
export function isForDeploymentsOnly({ Resources, Outputs }: Template, logicalId: string): boolean {
  const users = Object.values(Resources).filter(({ Type, Properties }) => {
    const { ServiceToken, ...others } = (Properties ?? {}) as { ServiceToken?: unknown };
    return refersTo(others, logicalId) || (refersTo(ServiceToken, logicalId) && !Type.startsWith('Custom::'));
  });
  const isCalled = Object.values(Resources).some(({ Properties }) => refersTo(Properties?.ServiceToken, logicalId));
  return isCalled && users.length === 0 && !refersTo(Outputs, logicalId);
}

/** Whether a value refers to a resource by `Ref` or `Fn::GetAtt`. */
function refersTo(value: unknown, logicalId: string): boolean {
  if (value === null || typeof value !== 'object') return false;
  const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: unknown; 'Fn::GetAtt'?: string | string[] };
  const named = typeof attribute === 'string' ? attribute.split('.')[0] : attribute?.[0];
  return Ref === logicalId || named === logicalId || Object.values(value).some((part) => refersTo(part, logicalId));
}
