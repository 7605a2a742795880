import { fullDiff, type ResourceDifference, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import type { Template } from '@rollcall/local/internal/template/assembly';

/** By stack name. */
export type Templates = Readonly<Record<string, Template>>;

/** Something that a deployment must not do. */
export interface Danger {
  stack: string;
  /** Logical id of the resource, or name of the export. */
  logicalId: string;
  /** Type of the resource, or `export`. */
  type: string;
  danger: 'data would be replaced' | 'data would be deleted' | 'name is taken' | 'export is in use';
  /** The consequence and the remedy, as text. */
  what: string;
}

const HOLDING_DATA: ReadonlySet<string> = new Set([
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::S3::Bucket',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
  'AWS::SecretsManager::Secret',
]);

/**
 * Metadata that marks a resource as deletable, because the previous deployment stopped using it. Set by
 * `packages/cdk/src/encryption.ts`.
 */
const RETIRING = 'rollcall:retiring';

/**
 * Finds changes that would replace or delete data, or that CloudFormation would refuse. A stack that is planned and not
 * deployed is new. A stack that is deployed and not planned stays unchanged, because CDK deletes no stacks.
 * @param deployed templates of the deployed stacks
 * @param planned templates to be deployed
 * @returns an empty array if there is no danger
 */
export function dangersOf(deployed: Templates, planned: Templates): Danger[] {
  const ofResources = Object.entries(planned).flatMap(([stack, template]) => {
    const before = deployed[stack];
    if (!before) return [];
    const found: Danger[] = [];
    fullDiff(before, template).resources.forEachDifference((logicalId, difference) => {
      const danger = dangerOf(difference);
      if (danger) found.push({ stack, logicalId, type: difference.resourceType ?? '', ...danger });
    });
    return found;
  });
  return [...ofResources, ...brokenExports(deployed, planned)];
}

function dangerOf(difference: ResourceDifference): Pick<Danger, 'danger' | 'what'> | undefined {
  const { oldValue, newValue, resourceType = '', changeImpact } = difference;
  if (!oldValue) return undefined;
  const holdsData = HOLDING_DATA.has(oldValue.Type);
  const name = nameOf(oldValue.Type, oldValue.Properties);
  const resource = name === undefined ? `this ${resourceType}` : `${resourceType} ${name}`;
  if (!newValue) {
    const kept = /^Retain/.test(oldValue.DeletionPolicy ?? '') || oldValue.Metadata?.[RETIRING] === true;
    if (!holdsData || kept) return undefined;
    return {
      danger: 'data would be deleted',
      what: `${resource} would be deleted with its data. Empty it first, or undo the change in infra/.`,
    };
  }
  const replaced = changeImpact === ResourceImpact.WILL_REPLACE;
  if (holdsData && (replaced || changeImpact === ResourceImpact.MAY_REPLACE)) {
    return {
      danger: 'data would be replaced',
      what: `${resource} would be replaced by an empty one: ${changed(difference)} cannot be changed. Undo the change in infra/.`,
    };
  }
  if (!replaced || name === undefined || name !== nameOf(newValue.Type, newValue.Properties)) return undefined;
  return {
    danger: 'name is taken',
    what: `${resource} would be replaced, because ${changed(difference)} cannot be changed. CloudFormation creates the replacement first, which fails because the name is in use. Give the resource another name.`,
  };
}

const changed = ({ propertyUpdates }: ResourceDifference) => Object.keys(propertyUpdates).join(', ') || 'its type';

/** The name of a resource in its template: `TableName` of a GlobalTable, `Name` of a secret. */
function nameOf(type: string, properties: Record<string, unknown> = {}): string | undefined {
  const kind = type.split('::').at(-1) ?? '';
  const [, name] =
    Object.entries(properties).find(([key]) => key.endsWith('Name') && kind.endsWith(key.slice(0, -'Name'.length))) ??
    [];
  return typeof name === 'string' ? name : undefined;
}

/**
 * Finds exports that would be removed or changed while a deployed stack imports them. CloudFormation refuses such a
 * change.
 */
function brokenExports(deployed: Templates, planned: Templates): Danger[] {
  const importers = new Map<string, string[]>();
  for (const [stack, template] of Object.entries(deployed)) {
    for (const name of importsOf(template)) importers.set(name, [...(importers.get(name) ?? []), stack]);
  }
  return Object.entries(planned).flatMap(([stack, template]) => {
    const before = deployed[stack];
    const now = exportsOf(template);
    return [...(before ? exportsOf(before) : [])].flatMap(([name, value]): Danger[] => {
      const by = importers.get(name);
      if (!by || now.get(name) === value) return [];
      const what = `The export ${name} of ${stack} would be ${now.has(name) ? 'changed' : 'removed'}, but ${by.join(', ')} import it. ${importRemoval(by, planned)}`;
      return [{ stack, logicalId: name, type: 'export', danger: 'export is in use', what }];
    });
  });
}

/**
 * Returns a text with the commands that remove imports: `cdk deploy` for stacks with a new template, `delete-stack` for
 * others.
 */
function importRemoval(importers: readonly string[], planned: Templates): string {
  const [kept, removed] = [importers.filter((name) => planned[name]), importers.filter((name) => !planned[name])];
  const [, stage = ''] = /^rollcall-([^-]+)-/.exec(importers[0] ?? '') ?? [];
  const commands = [
    ...removed.map((name) => `aws cloudformation delete-stack --stack-name ${name}`),
    ...(kept.length > 0 ? [`npx cdk deploy -c stage=${stage} --exclusively ${kept.join(' ')}`] : []),
  ];
  return `Remove these imports before you deploy all stacks: ${commands.join(' && ')}`;
}

const exportsOf = ({ Outputs = {} }: Template): Map<string, string> =>
  new Map(
    Object.values(Outputs).flatMap(({ Export, Value }) =>
      typeof Export?.Name === 'string' ? [[Export.Name, JSON.stringify(Value)]] : [],
    ),
  );

const importsOf = (template: Template): Set<string> =>
  new Set(
    [...JSON.stringify(template.Resources).matchAll(/"Fn::ImportValue":"([^"]+)"/g)].map(([, name = '']) => name),
  );
