import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { serviceOf } from '@rollcall/kit/internal/contracts/channel';
import type { ConsumerDescriptor } from '@rollcall/kit/internal/contracts/consumer';
import { type App, CfnOutput, Stack, Tags } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type * as z from 'zod';
import type { Api } from './api.ts';
import { ApiStage } from './api-stage.ts';
import type { Channels } from './channels.ts';
import { Consumer, type ConsumerProps } from './consumer.ts';
import type { DashboardOptions } from './dashboard.ts';
import type { StageKey } from './encryption.ts';
import { FoundationStack } from './foundation-stack.ts';
import { MonitoringStack } from './monitoring-stack.ts';
import type { OperationalControls } from './operational-controls.ts';
import { OperationsStack } from './operations-stack.ts';
import { Outbox } from './outbox.ts';
import { Publisher, type PublisherOptions } from './publisher.ts';
import { checkSettingNames } from './setting-names.ts';
import { prefixOf, type Stage, stageOf, stageSettings } from './stage.ts';
import { Subscriber } from './subscriber.ts';

/**
 * Common props of the constructs of a service.
 * @public
 */
export interface ServiceProps<S extends Stage = Stage> {
  stage: S;
  channels: Channels;
  api: Api;
  /** The topic of the stage's alarms. */
  alarms: ITopic;
  governance: OperationalControls;
}

export type AppProps<S extends Stage> = {
  /** All topics and queues between the services of the app. */
  channels: readonly Channel[];
  /** Version of the app. Each stack has the version as an output. Default: no output. */
  version?: string;
} & (
  | { stage: S }
  | {
      /** Prefix of all resource names, and first part of the messages' `source`: lower-case letters and digits. */
      name: string;
      /**
       * Settings of the stages, by stage name. The CDK context `stage` selects the stage (`-c stage=prod`). Default:
       * `dev`.
       */
      stages: Readonly<Record<string, z.input<typeof stageSettings>>>;
    }
);

/** The settings of a consumer that are not in the consumer's descriptor. */
export type ConsumerOptions = Pick<ConsumerProps, 'entry' | 'environment' | 'gathers' | 'degradedModes'>;

/**
 * One stage of an application, as CloudFormation stacks without circular dependencies: operations (alarms, switches,
 * circuits, registered instances, key), foundation (channels, directory, API), one stack per service, api (the API
 * Gateway stage, if no service creates one), and monitoring, if the settings enable it. Call `finish()` after the last
 * service.
 * @public
 */
export class RollcallApp<S extends Stage = Stage> {
  readonly stage: S;
  readonly alarms: ITopic;
  readonly governance: OperationalControls;
  readonly channels: Channels;
  readonly api: Api;
  /** The stage's customer managed key, if it has one. */
  readonly key: StageKey | undefined;
  readonly #app: App;
  readonly #version: string | undefined;
  readonly #services = new Map<string, Stack>();
  #isFinished = false;

  /** @throws {Error} if the selected stage does not exist, or its name, its settings or the app's name are invalid */
  constructor(app: App, props: AppProps<S>) {
    this.#app = app;
    this.#version = props.version;
    const settings =
      'stage' in props
        ? props.stage
        : (stageOf(stageSettings, props.name, props.stages, app.node.tryGetContext('stage') ?? 'dev') as S);
    const id = (name: string) => `${prefixOf(settings)}${name}`;
    const operations = new OperationsStack(app, id('operations'), {
      settings,
      hasLargeBucket: props.channels.some(({ large }) => large),
    });
    this.stage = operations.stage;
    this.alarms = operations.alarms;
    this.governance = operations.governance;
    this.key = operations.key;
    const { stage, governance } = this;
    const foundation = new FoundationStack(app, id('foundation'), { stage, governance, channels: props.channels });
    this.channels = foundation.channels;
    this.api = foundation.api;
    app.node.addValidation({
      validate: () => (this.#isFinished ? [] : [`Call finish() of the app ${stage.app} after its last service.`]),
    });
  }

  /**
   * Calls `add` with the stack of a service, so that `add` can create tables, functions, routes and an outbox in the
   * stack. The first call for a service creates its stack.
   */
  service<T>(name: string, add: (stack: Stack, props: ServiceProps<S>) => T): T {
    const existing = this.#services.get(name);
    const stack = existing ?? new Stack(this.#app, `${prefixOf(this.stage)}${name}`);
    this.#services.set(name, stack);
    const { stage, channels, api, alarms, governance } = this;
    return add(stack, { stage, channels, api, alarms, governance });
  }

  /** Adds a publishing service to the stack with the service's name. */
  publisher<Key extends string>(name: string, options: PublisherOptions<Key>): Publisher<Key> {
    return this.service(name, (stack, props) => new Publisher(stack, 'Publisher', { ...props, ...options, name }));
  }

  /** Adds a consumer of a topic to the stack of the service that the consumer's descriptor names. */
  subscriber(consumer: ConsumerDescriptor, options: ConsumerOptions): Subscriber {
    return this.service(
      ownerOf(consumer),
      (stack, props) => new Subscriber(stack, 'Subscriber', { ...props, ...options, consumer }),
    );
  }

  /** Adds a consumer of a queue to the stack of the service that the consumer's descriptor names. */
  consumer(consumer: ConsumerDescriptor, options: ConsumerOptions): Consumer {
    return this.service(
      ownerOf(consumer),
      (stack, props) => new Consumer(stack, consumer.name, { ...props, ...options, consumer }),
    );
  }

  /**
   * Adds the parts that depend on all services: the deployment order, an API Gateway stage if no service created one,
   * monitoring, the version as an output of each stack, and tags.
   * @throws {Error} if services depend on each other circularly, or a setting names a table or function that does not
   * exist
   */
  finish(dashboard: DashboardOptions = {}): void {
    const { stage, api, alarms } = this;
    const app = this.#app;
    const id = (name: string) => `${prefixOf(stage)}${name}`;
    this.#deployPublishersLast();
    if (this.#all(ApiStage).length === 0)
      new ApiStage(new Stack(app, id('api')), 'Stage', { stage, api, alarms, limits: [] });
    if (stage.monitoring) new MonitoringStack(app, id('monitoring'), { stage, api, alarms, dashboard });
    checkSettingNames(app, stage);
    // The version is an output instead of a tag, because a new version in a tag would change every tagged resource.
    if (this.#version !== undefined)
      for (const stack of app.node.children.filter(Stack.isStack))
        new CfnOutput(stack, 'Version', { value: this.#version });
    Tags.of(app).add('application', stage.app);
    Tags.of(app).add('stage', stage.name);
    this.#isFinished = true;
  }

  #all<T>(type: abstract new (...args: never[]) => T): T[] {
    return this.#app.node.findAll().flatMap((one): T[] => (one instanceof type ? [one] : []));
  }

  /**
   * Deploys publishers after their subscribers, because an event that is published before a subscription exists does
   * not reach the subscriber.
   */
  #deployPublishersLast(): void {
    const subscribers = this.#all(Subscriber);
    for (const outbox of this.#all(Outbox)) {
      const publisher = Stack.of(outbox);
      for (const subscriber of subscribers) {
        const stack = Stack.of(subscriber);
        const isSubscribed = outbox.sendsTo.some(({ name }) => name === subscriber.of.name);
        if (!isSubscribed || stack === publisher) continue;
        const cycle = pathBetween(stack, publisher);
        if (cycle)
          throw new Error(
            `${enumerated(cycle)} subscribe to each other, so none can be deployed first: move one of these subscribers to a separate service.`,
          );
        publisher.addStackDependency(stack);
      }
    }
  }
}

const ownerOf = ({ name, source }: ConsumerDescriptor): string => {
  const service = serviceOf(source);
  if (service) return service;
  throw new Error(`consumer ${name}: its source ${source} is not /APPLICATION/SERVICE`);
};

/** The stacks on the dependency path from one stack to the other; undefined if there is no such path. */
function pathBetween(stack: Stack, other: Stack): readonly Stack[] | undefined {
  if (stack === other) return [stack];
  for (const next of stack.dependencies) {
    const path = pathBetween(next, other);
    if (path) return [stack, ...path];
  }
  return undefined;
}

const enumerated = (stacks: readonly Stack[]): string =>
  new Intl.ListFormat('en').format(stacks.map(({ stackName }) => stackName));
