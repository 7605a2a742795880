import type { Template } from './assembly.ts';

/** Whether only custom resources refer to a resource: a function that CloudFormation invokes during deployments. */
export function isForDeploymentsOnly({ Resources, Outputs }: Template, logicalId: string): boolean {
  const users = Object.values(Resources).filter(({ Type, Properties }) => {
    const { ServiceToken, ...others } = (Properties ?? {}) as { ServiceToken?: unknown };
    return refersTo(others, logicalId) || (refersTo(ServiceToken, logicalId) && !Type.startsWith('Custom::'));
  });
  const isCalled = Object.values(Resources).some(({ Properties }) => refersTo(Properties?.ServiceToken, logicalId));
  return isCalled && users.length === 0 && !refersTo(Outputs, logicalId);
}

/** By `Ref` or `Fn::GetAtt`. */
function refersTo(value: unknown, logicalId: string): boolean {
  if (value === null || typeof value !== 'object') return false;
  const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: unknown; 'Fn::GetAtt'?: string | string[] };
  const named = typeof attribute === 'string' ? attribute.split('.')[0] : attribute?.[0];
  return Ref === logicalId || named === logicalId || Object.values(value).some((part) => refersTo(part, logicalId));
}
