import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import type { AppConfig } from '@rollcall/local/internal/app';
import type { Command } from 'commander';
import type { ConsoleParts } from './console/parts.ts';
import type { Aggregates } from './reconcile/aggregates.ts';
import type { Profiles } from './stage/switches.ts';
import type { AggregateName } from './words.ts';

/** Where a stage is, once it has been started on this machine. */
export interface Addresses {
  apiUrl: string;
}

/** What every subscriber of a topic does alike. */
export interface SubscriberDefaults {
  /** Channels that it answers on. */
  readonly sends?: readonly Channel[];
  /** By the type of an event, an export of `shared/` that makes its handler of a `HandlerContext`. */
  readonly handlers?: Readonly<Record<string, (context: never) => unknown>>;
}

/**
 * What an app tells the commands that operate it, as the default export of the `rollcall.config.ts` beside its `cdk.json`.
 * All that is deployed they read from the stage itself.
 * @public
 */
export interface App extends AppConfig {
  /** Of the app: its resources are called `NAME-STAGE-…`. */
  readonly name: string;
  /** What its messages are about. Default: an aggregate. */
  readonly aggregate?: AggregateName;
  /** Of the app, as every stack of a stage puts it out. */
  readonly version?: string;
  /** Contracts of its messages, by which people are shown what came as bytes. */
  readonly messages?: readonly MessageContract[];
  /** Several capabilities that are switched at once. */
  readonly profiles?: Profiles;
  /** Where the aggregates of its topics are kept: what `rollcall ops reconcile` compares. Default: it compares nothing. */
  readonly aggregates?: readonly Aggregates[];
  /** The scopes of a token with which an operator may do everything. Default: `read write`. */
  readonly operatorScope?: string;
  /** What `rollcall new subscriber` gives each subscriber of a topic, by the topic's name. */
  readonly subscribers?: Readonly<Record<string, SubscriberDefaults>>;
  /** Further commands of `rollcall ops`. */
  readonly commands?: readonly Command[];
  /**
   * What the console shows and does beside what it does for every app.
   * @beta
   */
  readonly console?: ConsoleParts;
  /** What a person may try next, for those who have just started it. */
  readonly firstSteps?: (addresses: Addresses) => string;
}

/**
 * Types the default export of `rollcall.config.ts`.
 * @public
 */
export const defineApp = (app: App): App => app;
