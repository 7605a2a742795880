import type { AssembledStack } from '@rollcall/local/internal/template/assembly';
import { deploy } from '@rollcall/local/internal/template/deployment';
import type { Deployed, ResourceProvider } from '@rollcall/local/internal/template/resource';

/** A resource of a template. In its properties, references to resources of the stage are replaced by their ids. */
export interface Resource {
  /** Kind and physical name, such as `queue:rollcall-dev-sms.fifo`. */
  id: string;
  type: string;
  name: string;
  stack: string;
  properties: Record<string, unknown>;
}

/** By resource type: the kind, and the property that contains the name of the resource. */
const NAMED: Record<string, [kind: string, property: string]> = {
  'AWS::ApiGatewayV2::Api': ['api', 'Name'],
  'AWS::DynamoDB::GlobalTable': ['table', 'TableName'],
  'AWS::DynamoDB::Table': ['table', 'TableName'],
  'AWS::IAM::Role': ['role', 'RoleName'],
  'AWS::Lambda::Function': ['function', 'FunctionName'],
  'AWS::SNS::Topic': ['topic', 'TopicName'],
  'AWS::SQS::Queue': ['queue', 'QueueName'],
};

/** Resolves templates without deploying them: a reference (name, ARN or URL) becomes the id of its resource. */
export async function resourcesOf(stacks: readonly AssembledStack[]): Promise<Resource[]> {
  const found: Resource[] = [];
  const recordResource: ResourceProvider = async ({ stack, logicalId, type, properties }): Promise<Deployed> => {
    const [kind, property] = NAMED[type] ?? ['other', ''];
    const configuredName = properties[property];
    const name = typeof configuredName === 'string' ? configuredName : `${stack}-${logicalId}`;
    const id = `${kind}:${name}`;
    found.push({ id, type, name, stack, properties });
    // A version or an alias gets the id of its function, because invoking it invokes the function.
    const target = /^AWS::Lambda::(Version|Alias)$/.test(type) ? String(properties.FunctionName) : id;
    return { ref: target, attributes: sameForEveryKey(target) };
  };
  await deploy(
    { stacks: [...stacks], assetFolder: () => '' },
    {
      region: 'region',
      accountId: 'account',
      providers: sameForEveryKey(recordResource),
      ignored: new Set(),
      parameters: sameForEveryKey('?'),
    },
  );
  return found;
}

/** An object with this value for every key, because templates may use types and parameters that are unknown here. */
const sameForEveryKey = <T>(value: T): Record<string, T> => new Proxy({}, { get: () => value }) as Record<string, T>;

interface Statement {
  Effect: string;
  Action?: string | string[];
  Resource?: string | string[];
}

/** The actions that each role allows, by resource. */
export function grantsByRole(resources: readonly Resource[]): Map<string, Map<string, Set<string>>> {
  const grants = new Map<string, Map<string, Set<string>>>();
  const attach = (role: string, document: unknown) => {
    const granted = grants.get(role) ?? new Map<string, Set<string>>();
    grants.set(role, granted);
    for (const { Effect, Action = [], Resource = [] } of (document as { Statement: Statement[] }).Statement) {
      if (Effect !== 'Allow') continue;
      for (const resource of [Resource].flat()) {
        // A permission on an index counts as a permission on its table.
        const id = resource.replace(/\/index\/.*$/, '');
        granted.set(id, new Set([...(granted.get(id) ?? []), ...[Action].flat()]));
      }
    }
  };
  for (const { id, type, properties } of resources) {
    const {
      Policies = [],
      Roles = [],
      PolicyDocument,
    } = properties as {
      Policies?: Array<{ PolicyDocument: unknown }>;
      Roles?: string[];
      PolicyDocument?: unknown;
    };
    if (type === 'AWS::IAM::Role') for (const inline of Policies) attach(id, inline.PolicyDocument);
    if (type === 'AWS::IAM::Policy') for (const role of Roles) attach(role, PolicyDocument);
  }
  return grants;
}
