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

/** The channels and routes of a publishing service. */
export interface PublisherOptions<Key extends string = string> {
  /** The topic of the service's events. Default: no topic, for a service that only sends commands. */
  of?: Channel;
  /** The queues to which the service sends. Default: no queues. */
  sends?: readonly Channel[];
  /**
   * The routes, by key. `api.handler.ts` exports the function of each route under the route's key. The `access` of a
   * route selects the scope that tokens need, from the stage's `tokens.scopes`.
   */
  routes: Readonly<Record<Key, Route>>;
  /**
   * Whether messages can be scheduled. If so, functions get the name of the table of scheduled messages in LATER_TABLE.
   * Default: false.
   */
  later?: boolean;
  /** Folder of `api.handler.ts` and `publish.handler.ts`. Default: `functions/NAME`. */
  folder?: string;
}

export interface PublisherProps<Key extends string = string> extends PublisherOptions<Key> {
  stage: Stage;
  /** Name of the service: one word. */
  name: string;
  channels: Channels;
  api: Api;
  alarms: ITopic;
}

/**
 * A publishing service: a table of states (`SERVICE-state`), an outbox, and a function per route. The function of a GET
 * route may read states. The other functions have the permissions that `createPublisher` needs. Each function gets
 * environment variables with the names of the tables: for the service `orders`, ORDERS_TABLE and OUTBOX_TABLE.
 */
export class Publisher<Key extends string = string> extends Construct {
  readonly stack: Stack;
  readonly table: ServiceTable;
  readonly outbox: Outbox;
  /** The functions of the routes, by the route's key. */
  readonly functions: Readonly<Record<Key, ServiceFunction>>;
  readonly #props: PublisherProps<Key>;

  /** @throws {Error} if the options are inconsistent. The error message names the inconsistency */
  constructor(scope: Construct, id: string, props: PublisherProps<Key>) {
    super(scope, id);
    checkPublisher(props);
    const { stage, name, routes, later = false, channels, api, alarms } = props;
    this.#props = props;
    this.stack = Stack.of(this);
    this.table = new ServiceTable(this, 'Table', {
      stage,
      // The suffix is needed because a consumer of the service may have the service's name, and the table of a consumer
      // has the consumer's name.
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
    if (method === 'GET') fn.uses(this.#tableVariable, this.table, 'GetItem');
    else {
      this.#letWrite(fn);
      this.#allowStoringLargeData(fn);
    }
    // All handlers of a file read the same environment variables, so every function gets all these variables.
    fn.addEnvironment('OUTBOX_TABLE', this.outbox.table.tableName);
    this.#props.channels.setLargeBucket(fn, channelsOf(this.#props));
    if (this.#props.later) fn.addEnvironment('LATER_TABLE', this.outbox.later.tableName);
    return fn;
  }

  get #tableVariable(): string {
    return `${this.#props.name.toUpperCase()}_TABLE`;
  }

  /**
   * Allows a consumer of the service to change states and send messages, like the functions of routes other than GET.
   */
  letWrite(consumer: Consumer): void {
    this.#letWrite(consumer);
    consumer.extend({}, (fn) => this.#allowStoringLargeData(fn));
  }

  /** Allows a function to store the data of large messages in the bucket. */
  #allowStoringLargeData(fn: ServiceFunction): void {
    this.#props.channels.allowKeepingLarge(fn, channelsOf(this.#props));
  }

  #letWrite(target: Pick<ServiceFunction, 'uses'>): void {
    const { of, sends = [], later = false } = this.#props;
    // The counters of commands to ordered queues are in the table of states.
    const hasCounters = sends.some(({ ordered }) => ordered);
    target.uses(this.#tableVariable, this.table, 'GetItem', 'PutItem', ...(hasCounters ? ['UpdateItem'] : []));
    target.uses('OUTBOX_TABLE', this.outbox.table, 'PutItem');
    if (!later) return;
    // To publish an erasing event, a function queries the scheduled messages about the aggregate, and deletes them.
    const erases = of?.messages.some((one) => one.erases) ?? false;
    target.uses('LATER_TABLE', this.outbox.later, 'PutItem', 'DeleteItem', ...(erases ? ['Query'] : []));
  }
}

const channelsOf = ({ of, sends = [] }: PublisherProps) => [...(of ? [of] : []), ...sends];
const folderOf = ({ name, folder = `functions/${name}` }: PublisherProps) => folder;
const apiOf = (props: PublisherProps) => `${folderOf(props)}/api.handler.ts`;

/** Names of services whose table variable would conflict with another variable, such as OUTBOX_TABLE. */
const RESERVED_NAMES = ['circuits', 'later', 'outbox', 'switches'];
/** Keys that conflict with the names of consumers' functions, or with ids of constructs in a publisher. */
const RESERVED_KEYS = ['consume', 'sweep', 'Table', 'Outbox'];

function checkPublisher(props: PublisherProps): void {
  const { stage, name, of, routes } = props;
  const refuse = (why: string): never => {
    throw new Error(`publisher ${name}: ${why}`);
  };
  const source = `/${stage.app}/${name}`;
  if (!serviceOf(source)) refuse('its name must be one word of lower-case letters and digits');
  if (RESERVED_NAMES.includes(name))
    refuse(`the variable of its table, ${name.toUpperCase()}_TABLE, is reserved: choose another name for the service`);
  const taken = Object.keys(routes).find((key) => RESERVED_KEYS.includes(key) || `${key}Route` in routes);
  if (taken !== undefined)
    refuse(`the route key ${taken} conflicts with a function or construct of the service: choose another key`);
  if (channelsOf(props).length === 0)
    refuse('it sends nothing: name its topic in `of`, its queues in `sends`, or both');
  if (of && of.kind !== 'topic')
    refuse(`${of.name} is a queue: name it in \`sends\`, and name the topic of its events in \`of\``);
  checkSends(source, channelsOf(props), refuse);
}
