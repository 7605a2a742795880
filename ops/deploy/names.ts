import type { Account, RetainedType } from './account.ts';
import { type Deployed, type Finding, good, type Plan } from './finding.ts';

/** The naming property of each type, and whether CloudFormation can import an existing resource by that name. */
const RETAINED_TYPES: Record<RetainedType, { property: string; isImportable: boolean }> = {
  'AWS::DynamoDB::GlobalTable': { property: 'TableName', isImportable: true },
  // CloudFormation identifies resources of these types by their ARN, which a template cannot contain.
  'AWS::SNS::Topic': { property: 'TopicName', isImportable: false },
  'AWS::SecretsManager::Secret': { property: 'Name', isImportable: false },
};

export const RETAINED_TYPE_NAMES = Object.keys(RETAINED_TYPES) as RetainedType[];

/** Finds retained resources of an earlier deployment whose names this deployment needs. */
export async function namesTaken(
  type: RetainedType,
  plan: Plan,
  deployed: Deployed,
  account: Account,
): Promise<Finding[]> {
  const check = 'names';
  const { property, isImportable } = RETAINED_TYPES[type];
  const isNew = (stack: string, logicalId: string) => !deployed.get(stack)?.template.Resources[logicalId];
  const resources = plan.planned.flatMap(({ name: stack, template }) =>
    Object.entries(template.Resources)
      .filter(([logicalId, { Type }]) => Type === type && isNew(stack, logicalId))
      .map(([, { Properties, DeletionPolicy = '' }]) => ({ name: String(Properties?.[property]), DeletionPolicy })),
  );
  if (resources.length === 0) return [];
  const existing = new Set(await account.namesOf(type));
  const conflicting = resources.filter(({ name }) => existing.has(name));
  if (conflicting.length === 0)
    return [good(check, `the names of ${resources.length} new resources of type ${type} are free`)];
  const names = conflicting.map(({ name }) => name).join(', ');
  // CloudFormation imports only resources with the deletion policy Retain.
  const canImport = isImportable && conflicting.every(({ DeletionPolicy }) => DeletionPolicy.startsWith('Retain'));
  if (canImport && plan.importsExisting) return [good(check, `existing resources will be imported: ${names}`)];
  const mend = canImport
    ? 'npm run deploy -- … --import-existing-resources'
    : 'docs/runbook.md#a-name-that-is-taken: delete or re-import it manually';
  return [{ check, state: 'missing', says: `These resources of type ${type} already exist: ${names}.`, mend }];
}
