import type { Account, NamedType } from './account.ts';
import { type Deployed, type Finding, good, type Plan } from './finding.ts';

/** The naming property of each type; and whether CloudFormation can import an existing resource by it. */
const NAMED: Record<NamedType, { property: string; takenOver: boolean }> = {
  'AWS::DynamoDB::GlobalTable': { property: 'TableName', takenOver: true },
  // Their identifier is an ARN, which a template cannot contain.
  'AWS::SNS::Topic': { property: 'TopicName', takenOver: false },
  'AWS::SecretsManager::Secret': { property: 'Name', takenOver: false },
};

export const NAMED_TYPES = Object.keys(NAMED) as NamedType[];

/** Retained resources of an earlier deployment, whose names a first deployment needs. */
export async function namesTaken(
  type: NamedType,
  plan: Plan,
  deployed: Deployed,
  account: Account,
): Promise<Finding[]> {
  const check = 'names';
  const { property, takenOver } = NAMED[type];
  const isNew = (stack: string, logicalId: string) => !deployed.get(stack)?.template.Resources[logicalId];
  const resources = plan.planned.flatMap(({ name: stack, template }) =>
    Object.entries(template.Resources)
      .filter(([logicalId, { Type }]) => Type === type && isNew(stack, logicalId))
      .map(([, { Properties, DeletionPolicy = '' }]) => ({ name: String(Properties?.[property]), DeletionPolicy })),
  );
  if (resources.length === 0) return [];
  const there = new Set(await account.namesOf(type));
  const taken = resources.filter(({ name }) => there.has(name));
  if (taken.length === 0) return [good(check, `${resources.length} new ${type}`)];
  const names = taken.map(({ name }) => name).join(', ');
  // CloudFormation imports only resources that it would retain.
  const canTakeOver = takenOver && taken.every(({ DeletionPolicy }) => DeletionPolicy.startsWith('Retain'));
  if (canTakeOver && plan.takesOver) return [good(check, `taken over: ${names}`)];
  const mend = canTakeOver
    ? 'npm run deploy -- … --import-existing-resources'
    : 'docs/runbook.md#a-name-that-is-taken: it is put back, or deleted, by hand';
  return [{ check, state: 'missing', says: `Of type ${type}, there are already: ${names}.`, mend }];
}
