import { type Channel, serviceOf } from '@rollcall/kit/internal/contracts/channel';
import { checkSends } from '@rollcall/kit/internal/contracts/consumer-checks';
import type { Route } from '@rollcall/kit/internal/contracts/route';
import { Stack } from 'aws-cdk-lib';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Api } from './api.ts';
import type { Channels } from './channels.ts';
import type { Consumer } from './consumer.ts';
import { Outbox } from './outbox.ts';
import { ServiceFunction } from './service-function.ts';
import { ServiceTable } from './service-table.ts';
import type { Stage } from './stage.ts';

/** What a service publishes, and where it is asked. */
export interface PublisherOptions<Key extends string = string> {
  /** The topic of its events. Default: none, of a service that only sends commands. */
  of?: Channel;
  /** The queues that it sends to. Default: none. */
  sends?: readonly Channel[];
  /**
   * Each is answered by the function that `api.handler.ts` exports by its key. Its `access` is the scope that a token needs,
   * by the stage's `tokens.scopes`.
   */
  routes: Readonly<Record<Key, Route>>;
  /** Whether its messages may be for later: the table of those that wait is LATER_TABLE. Default: false. */
  later?: boolean;
  /** Of its `api.handler.ts` and `publish.handler.ts`. Default: `functions/NAME`. */
  folder?: string;
}

export interface PublisherProps<Key extends string = string> extends PublisherOptions<Key> {
  stage: Stage;
  /** Of the service: one word. */
  name: string;
  channels: Channels;
  api: Api;
  alarms: ITopic;
}

/**
 * A service that publishes: the table of its states (`SERVICE-state`), its outbox, and a function a route. Each may do what
 * `createPublisher` does in it, and is told where: `orders` by ORDERS_TABLE, and OUTBOX_TABLE.
 */
export class Publisher<Key extends string = string> extends Construct {
  readonly stack: Stack;
  readonly table: ServiceTable;
  readonly outbox: Outbox;
  /** By the keys of their routes. */
  readonly functions: Readonly<Record<Key, ServiceFunction>>;
  readonly #props: PublisherProps<Key>;

  /** @throws {Error} that names what does not fit together */
  constructor(scope: Construct, id: string, props: PublisherProps<Key>) {
    super(scope, id);
    checkPublisher(props);
    const { stage, name, routes, later = false, channels, api, alarms } = props;
    this.#props = props;
    this.stack = Stack.of(this);
    this.table = new ServiceTable(this, 'Table', {
      stage,
      // Not that of a consumer of the service, which may be called like it.
      name: `${name}-state`,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
    });
    const entry = `${folderOf(props)}/publish.handler.ts`;
    const sendsTo = channelsOf(props);
    this.outbox = new Outbox(this, 'Outbox', {
      ...{ stage, service: name, entry, channels, sendsTo, alarms },
      ...(later && { later: { places: [this.table] } }),
    });
    const added = Object.entries<Route>(routes).map(([key, route]) => {
      const fn = this.#functionOf(key, route);
      api.addServiceRoute(this, `${key}Route`, route, fn, 'checked');
      return [key, fn];
    });
    this.functions = Object.fromEntries(added);
  }

  #functionOf(key: string, { method }: Route): ServiceFunction {
    const { stage, name } = this.#props;
    const fn = new ServiceFunction(this, key, {
      stage,
      name: `${name}-${key}`,
      entry: apiOf(this.#props),
      handler: key,
    });
    if (method !== 'GET') this.#letWrite(fn);
    else fn.uses(this.#tableVariable, this.table, 'GetItem');
    // Handlers of one file read the same environment.
    fn.addEnvironment('OUTBOX_TABLE', this.outbox.table.tableName);
    if (this.#props.later) fn.addEnvironment('LATER_TABLE', this.outbox.later.tableName);
    return fn;
  }

  get #tableVariable(): string {
    return `${this.#props.name.toUpperCase()}_TABLE`;
  }

  /** Lets a consumer of the service change its states and send its messages, as the functions of its routes do. */
  letWrite(consumer: Consumer): void {
    this.#letWrite(consumer);
  }

  #letWrite(who: Pick<ServiceFunction, 'uses'>): void {
    const { of, sends = [], later = false } = this.#props;
    // It counts the commands to queues that keep order.
    const counts = sends.some(({ ordered }) => ordered);
    who.uses(this.#tableVariable, this.table, 'GetItem', 'PutItem', ...(counts ? ['UpdateItem'] : []));
    who.uses('OUTBOX_TABLE', this.outbox.table, 'PutItem');
    if (!later) return;
    // An event that erases asks what waits about its aggregate.
    const erases = of?.messages.some((one) => one.erases) ?? false;
    who.uses('LATER_TABLE', this.outbox.later, 'PutItem', 'DeleteItem', ...(erases ? ['Query'] : []));
  }
}

const channelsOf = ({ of, sends = [] }: PublisherProps) => [...(of ? [of] : []), ...sends];
const folderOf = ({ name, folder = `functions/${name}` }: PublisherProps) => folder;
const apiOf = (props: PublisherProps) => `${folderOf(props)}/api.handler.ts`;

/** Of tables that every function may be told of: OUTBOX_TABLE and so on. */
const RESERVED_NAMES = ['circuits', 'later', 'outbox', 'switches'];
/** Of consumers' functions, and of constructs of a publisher. */
const RESERVED_KEYS = ['consume', 'sweep', 'Table', 'Outbox'];

function checkPublisher(props: PublisherProps): void {
  const { stage, name, of, routes } = props;
  const refuse = (why: string): never => {
    throw new Error(`publisher ${name}: ${why}`);
  };
  const source = `/${stage.app}/${name}`;
  if (!serviceOf(source)) refuse('its name must be one word of lower-case letters and digits');
  if (RESERVED_NAMES.includes(name))
    refuse(`its table would be told as ${name.toUpperCase()}_TABLE, which is another's`);
  const taken = Object.keys(routes).find((key) => RESERVED_KEYS.includes(key) || `${key}Route` in routes);
  if (taken !== undefined)
    refuse(`a route cannot have the key ${taken}: functions or constructs of the service are called like it`);
  if (channelsOf(props).length === 0)
    refuse('it sends nothing: name its topic in `of`, its queues in `sends`, or both');
  if (of && of.kind !== 'topic')
    refuse(`${of.name} is a queue: name it in \`sends\`, and in \`of\` the topic of its events`);
  checkSends(source, channelsOf(props), refuse);
}
