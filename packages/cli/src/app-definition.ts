import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import type { AppConfig } from '@rollcall/local/internal/app';
import type { Command } from 'commander';
import type { ConsoleParts } from './console/parts.ts';
import type { Aggregates } from './reconcile/aggregates.ts';
import type { Profiles } from './stage/switches.ts';
import type { AggregateName } from './words.ts';

/** Addresses of a stage that runs on this machine. */
export interface Addresses {
  apiUrl: string;
}

/** Defaults for new subscribers of a topic. */
export interface SubscriberDefaults {
  /** Channels that the subscriber sends to. */
  readonly sends?: readonly Channel[];
  /** By event type: the export of `shared/` that creates the handler from a `HandlerContext`. */
  readonly handlers?: Readonly<Record<string, (context: never) => unknown>>;
}

/**
 * Describes an app to the operator commands: the default export of the `rollcall.config.ts` beside its `cdk.json`. The
 * commands read the deployed resources from the stage itself.
 * @public
 */
export interface App extends AppConfig {
  /** Name of the app, which is the prefix of its resources: `NAME-STAGE-…`. */
  readonly name: string;
  /** The app's word for its aggregates. Default: `aggregate`. */
  readonly aggregate?: AggregateName;
  /** Version of the app. Every stack of a stage has the version as an output. */
  readonly version?: string;
  /** Contracts of the app's messages, to decode binary data for display. */
  readonly messages?: readonly MessageContract[];
  /** Groups of capabilities that are switched together. */
  readonly profiles?: Profiles;
  /** The tables of the app's aggregates, for `rollcall ops reconcile`. Default: none. */
  readonly aggregates?: readonly Aggregates[];
  /** The scopes of a token that lets an operator do everything. Default: `read write`. */
  readonly operatorScope?: string;
  /** Defaults of `rollcall new subscriber`, by topic name. */
  readonly subscribers?: Readonly<Record<string, SubscriberDefaults>>;
  /** Further commands of `rollcall ops`. */
  readonly commands?: readonly Command[];
  /**
   * Parts of the console that are specific to the app.
   * @beta
   */
  readonly console?: ConsoleParts;
  /** Suggested next steps, which `rollcall start` prints. */
  readonly firstSteps?: (addresses: Addresses) => string;
}

/**
 * Types the default export of `rollcall.config.ts`.
 * @public
 */
export const defineApp = (app: App): App => app;
