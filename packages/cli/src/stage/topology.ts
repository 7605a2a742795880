import type { AssembledStack } from '@rollcall/local/internal/template/assembly';
import { grantsByRole, type Resource, resourcesOf } from './resources.ts';

/** The kind of a node. `functions` is the group of a service's functions that handle requests. */
export type NodeKind =
  | 'client'
  | 'api'
  | 'functions'
  | 'function'
  | 'table'
  | 'topic'
  | 'queue'
  | 'dead letters'
  | 'provider';

export interface TopologyNode {
  /** Unique, such as `queue:rollcall-dev-sms.fifo`. */
  id: string;
  kind: NodeKind;
  /** Short name, such as `sms.fifo` or `sms-consume`. */
  name: string;
  /** Name of the stack that the node belongs to, without app and stage, such as `registration`. */
  service: string;
  /** Physical names of the resources that the node represents. */
  resources: string[];
}

export interface TopologyEdge {
  /** `from→to`. */
  id: string;
  from: string;
  to: string;
  /**
   * The kind of flow, such as `requests`, `stream`, `publishes`, `delivers`, `consumes`, `writes`, `sets aside`.
   */
  label: string;
}

/** The message flow of a stage, derived from its templates. */
export interface Topology {
  nodes: TopologyNode[];
  edges: TopologyEdge[];
}

export interface TopologyOptions {
  /**
   * Include every function and table. Default: only the message flow, in which the outboxes are the only tables, and
   * the functions that handle a service's requests are combined.
   */
  all?: boolean;
}

/**
 * Derives the flow from templates alone, without querying deployed resources.
 * @param prefix common prefix of all names of the stage, `APP-STAGE-`
 */
export const topologyOf = async (
  stacks: readonly AssembledStack[],
  prefix: string,
  options: TopologyOptions = {},
): Promise<Topology> => topologyIn(await resourcesOf(stacks), prefix, options);

/** Derives the flow from resources that were already read. */
export function topologyIn(
  resources: readonly Resource[],
  prefix: string,
  { all = false }: TopologyOptions = {},
): Topology {
  const own = resources.map(
    (resource): NamedResource => ({
      ...resource,
      shortName: shorten(resource.name, prefix),
      service: shorten(resource.stack, prefix),
    }),
  );
  const whole = wholeTopology(own);
  return all ? whole : flowOf(whole);
}

/** A resource with its short name and its service. */
type NamedResource = Resource & Pick<TopologyNode, 'service'> & { shortName: string };

const shorten = (name: string, prefix: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : name);

const CLIENT: TopologyNode = { id: 'client:client', kind: 'client', name: 'client', service: '', resources: [] };

const KINDS: Record<string, NodeKind> = {
  'AWS::ApiGatewayV2::Api': 'api',
  'AWS::Lambda::Function': 'function',
  'AWS::DynamoDB::GlobalTable': 'table',
  'AWS::DynamoDB::Table': 'table',
  'AWS::SNS::Topic': 'topic',
  'AWS::SQS::Queue': 'queue',
};

type Connection = Omit<TopologyEdge, 'id'>;

function wholeTopology(resources: readonly NamedResource[]): Topology {
  const failures = failuresIn(resources);
  const deadLetters = new Set(failures.map(({ to }) => to));
  const callers = callersIn(resources);

  const nodes = [CLIENT, ...nodesOf(resources, deadLetters), ...providersOf(callers)];
  const ids = new Set(nodes.map(({ id }) => id));
  const connections = [
    ...requestsIn(resources),
    ...failures,
    ...deliveriesIn(resources),
    ...consumptionsIn(resources),
    ...permittedFlowsIn(resources, deadLetters),
    ...callers.map(({ id, service }) => ({ from: id, to: providerOf(service), label: 'calls' })),
  ];
  const edges = connections.map((one) => ({ id: `${one.from}→${one.to}`, ...one }));
  return { nodes, edges: firstOfEach(edges.filter(({ from, to }) => ids.has(from) && ids.has(to))) };
}

/** Keeps one edge per id, because several routes may lead to the same function. */
const firstOfEach = (edges: TopologyEdge[]): TopologyEdge[] =>
  [...Map.groupBy(edges, ({ id }) => id).values()].flatMap(([first]) => first ?? []);

const ofType = (resources: readonly NamedResource[], type: string) =>
  resources.filter((resource) => resource.type === type);

const nodesOf = (resources: readonly NamedResource[], deadLetters: ReadonlySet<string>): TopologyNode[] =>
  resources.flatMap(({ id, type, name, shortName, service }) => {
    const kind = deadLetters.has(id) ? 'dead letters' : KINDS[type];
    const shown = kind === 'api' ? 'API' : shortName;
    return kind ? [{ id, kind, name: shown, service, resources: [name] }] : [];
  });

function requestsIn(resources: readonly NamedResource[]): Connection[] {
  const integrations = new Map(
    ofType(resources, 'AWS::ApiGatewayV2::Integration').map(({ id, properties }) => [id, properties]),
  );
  const toFunctions = ofType(resources, 'AWS::ApiGatewayV2::Route').map(({ properties: { ApiId, Target } }) => {
    const integration = integrations.get(text(Target).replace(/^integrations\//, ''));
    return { from: text(ApiId), to: text(integration?.IntegrationUri), label: 'requests' };
  });
  const apis = ofType(resources, 'AWS::ApiGatewayV2::Api');
  return [...apis.map(({ id }) => ({ from: CLIENT.id, to: id, label: 'requests' })), ...toFunctions];
}

const deliveriesIn = (resources: readonly NamedResource[]): Connection[] =>
  ofType(resources, 'AWS::SNS::Subscription').map(({ properties: { TopicArn, Endpoint } }) => ({
    from: text(TopicArn),
    to: text(Endpoint),
    label: 'delivers',
  }));

/** The connections to dead-letter queues, from queues and from topics. */
function failuresIn(resources: readonly NamedResource[]): Connection[] {
  const failures = (type: string, fromOf: (resource: NamedResource) => string, label: string) =>
    ofType(resources, type).flatMap((resource) => {
      const { deadLetterTargetArn: to } = (resource.properties.RedrivePolicy ?? {}) as { deadLetterTargetArn?: string };
      return to ? [{ from: fromOf(resource), to, label }] : [];
    });
  return [
    ...failures('AWS::SQS::Queue', ({ id }) => id, 'gives up'),
    ...failures('AWS::SNS::Subscription', ({ properties }) => text(properties.TopicArn), 'cannot deliver'),
  ];
}

function consumptionsIn(resources: readonly NamedResource[]): Connection[] {
  return ofType(resources, 'AWS::Lambda::EventSourceMapping').map(({ properties }) => {
    const from = text(properties.EventSourceArn);
    const label = from.startsWith('table:') ? 'stream' : 'consumes';
    return { from, to: text(properties.FunctionName), label };
  });
}

/** Flows between functions and other resources, derived from the permissions of the functions' roles. */
function permittedFlowsIn(resources: readonly NamedResource[], deadLetters: ReadonlySet<string>): Connection[] {
  const grants = grantsByRole(resources);
  const schedules = new Map(
    ofType(resources, 'AWS::Events::Rule').flatMap(({ properties: { Targets = [], ScheduleExpression } }) =>
      (Targets as Array<{ Arn: string }>).map(({ Arn }) => [Arn, text(ScheduleExpression)] as const),
    ),
  );
  return ofType(resources, 'AWS::Lambda::Function').flatMap(({ id, properties }) => {
    const schedule = schedules.get(id);
    return [...(grants.get(text(properties.Role)) ?? [])].flatMap(([resource, actions]): Connection[] => {
      if (schedule && actions.has('dynamodb:Scan')) return [{ from: resource, to: id, label: `swept, ${schedule}` }];
      if (deadLetters.has(resource) && actions.has('sqs:ReceiveMessage'))
        return [{ from: resource, to: id, label: 'sets aside' }];
      const label = labelOf(actions);
      return label ? [{ from: id, to: resource, label }] : [];
    });
  });
}

const providerOf = (service: string) => `provider:${service}`;

function providersOf(callers: readonly NamedResource[]): TopologyNode[] {
  return [...new Set(callers.map(({ service }) => service))].map((service) => ({
    ...{ id: providerOf(service), kind: 'provider', name: `${service} providers` },
    ...{ service, resources: [] },
  }));
}

/**
 * Functions that call a provider. They have the URL of a provider in an environment variable, or permission to send SMS
 * through AWS.
 */
function callersIn(resources: readonly NamedResource[]): NamedResource[] {
  const grants = grantsByRole(resources);
  return ofType(resources, 'AWS::Lambda::Function').filter(({ properties: { Environment, Role } }) => {
    const { Variables = {} } = (Environment ?? {}) as { Variables?: Record<string, unknown> };
    const isProvider = ([name, value]: [string, unknown]) => name.endsWith('_URL') && !text(value).startsWith('queue:');
    const actions = [...(grants.get(text(Role))?.values() ?? [])].flatMap((allowed) => [...allowed]);
    return Object.entries(Variables).some(isProvider) || actions.includes('sms-voice:SendTextMessage');
  });
}

/** The part of the topology that messages pass through, from request to effect. */
function flowOf({ nodes, edges }: Topology): Topology {
  const kindOf = new Map(nodes.map(({ id, kind }) => [id, kind]));
  const outboxes = new Set(edges.filter(({ label }) => label === 'stream').map(({ from }) => from));
  const processing = new Set(edges.filter(({ label }) => ['stream', 'consumes'].includes(label)).map(({ to }) => to));
  const routed = new Set(edges.filter(({ from }) => kindOf.get(from) === 'api').map(({ to }) => to));
  const shown = nodes.filter(({ id, kind }) => {
    if (kind === 'table') return outboxes.has(id);
    return kind !== 'function' || processing.has(id) || routed.has(id);
  });
  const byService = Map.groupBy(
    shown.filter(({ id, kind }) => kind === 'function' && !processing.has(id)),
    ({ service }) => service,
  );
  const groups = [...byService].filter(([, functions]) => functions.length > 1).map(groupOf);
  const displayedIdOf = new Map(shown.map(({ id }) => [id, id]));
  for (const { id, functions } of groups) for (const fn of functions) displayedIdOf.set(fn.id, id);

  const displayedEdges = new Map<string, TopologyEdge>();
  for (const edge of edges) {
    const [from, to] = [displayedIdOf.get(edge.from), displayedIdOf.get(edge.to)];
    const isHidden = outboxes.has(edge.to) && edge.label !== 'writes';
    if (from && to && !isHidden) displayedEdges.set(`${from}→${to}`, { ...edge, id: `${from}→${to}`, from, to });
  }
  const connected = new Set([...displayedEdges.values()].flatMap(({ from, to }) => [from, to]));
  const single = shown.filter(({ id }) => displayedIdOf.get(id) === id);
  const grouped = groups.map(({ functions: _, ...node }) => node);
  return { nodes: [...single, ...grouped].filter(({ id }) => connected.has(id)), edges: [...displayedEdges.values()] };
}

function groupOf([service, functions]: [string, TopologyNode[]]): TopologyNode & { functions: TopologyNode[] } {
  const resources = functions.flatMap((fn) => fn.resources);
  const name = `${service} (${functions.length} functions)`;
  return { id: `functions:${service}`, kind: 'functions', name, service, resources, functions };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * The label for a function's permissions on a resource; undefined if no label applies, for example if the function only
 * consumes messages from the resource.
 */
function labelOf(actions: ReadonlySet<string>): string | undefined {
  const may = (...names: string[]) => names.some((name) => actions.has(name));
  if (may('sns:Publish')) return 'publishes';
  if (may('sqs:SendMessage')) return 'sends';
  if (may('dynamodb:PutItem', 'dynamodb:UpdateItem')) return 'writes';
  // The relay deletes published rows.
  if (may('dynamodb:DeleteItem', 'dynamodb:BatchWriteItem')) return 'removes';
  if (may('dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan')) return 'reads';
  return undefined;
}
