import type { Span } from '@rollcall/local/internal/observability/otlp';
import type { Stage } from '../operated-stage.ts';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import type { Holdings } from '../stage/holdings.ts';
import type { ProviderFault } from '../stage/provider-fault.ts';
import type { Words } from '../words.ts';
import type { Burst, Correspondence, CreateForm, FaultKind } from './api.ts';

/** Options of a burst. */
export interface BurstOptions {
  stage: Stage;
  cloud: EmbeddedCloud;
  /** The subscribers of the stage's topics. Each of them must apply every event. */
  subscribers: readonly string[];
  /** Returns an operator's token for the API. */
  token: () => Promise<string>;
}

/** Sends many requests at once, and watches until every subscriber has applied the events. One burst runs at a time. */
export interface Bursts {
  /** The current burst, or the last one. */
  last(): Burst | undefined;
  /** @returns undefined if a burst is already running */
  start(total: number): Promise<Burst | undefined>;
  /** Called with all spans as they arrive. */
  see(spans: readonly Span[]): void;
  /** Called once a second. */
  tick(): void;
}

/** Creates an aggregate through the API of an embedded cloud, from a form of the page. */
export interface Creation {
  readonly form: CreateForm;
  /** Initial values by field. Each call returns different values. */
  sample(): Record<string, string>;
  /** @param body the form's values, as the page sends them */
  request(cloud: EmbeddedCloud, body: unknown): Promise<Response>;
}

/** Faults that can be injected into the stand-ins beside an embedded cloud. */
export interface ProviderFaults {
  readonly title: Words;
  readonly lead: Words;
  /** Names of the stand-ins. */
  readonly providers: readonly string[];
  readonly kinds: Readonly<Record<string, FaultKind>>;
  /** The current faults, by name of the stand-in. */
  broken(cloud: EmbeddedCloud): Promise<Record<string, ProviderFault>>;
  /** @param fault undefined: removes the fault */
  change(cloud: EmbeddedCloud, provider: string, fault: ProviderFault | undefined): Promise<unknown>;
}

/** Parts of the console that are specific to one app. */
export interface ConsoleParts {
  /** All data of one aggregate, by service. Default: the rows of outboxes and consumers, and scheduled messages. */
  holdings?(stage: Stage, id: string): Promise<Holdings>;
  /**
   * Returns the messages about an aggregate that the stage sent to recipients outside the stage, such as SMS.
   * @param holdings the aggregate's data
   * @param cloud undefined: an AWS account
   */
  sent?(holdings: Holdings, cloud: EmbeddedCloud | undefined): Promise<Correspondence>;
  readonly creation?: Creation;
  /** @param onChange called when a burst makes progress */
  bursts?(options: BurstOptions, onChange: (burst: Burst) => void): Bursts;
  readonly faults?: ProviderFaults;
  /** The label of new aggregates in charts, and the service and the metric that count new aggregates in CloudWatch. */
  readonly created?: { readonly title: Words; readonly metric: string; readonly service: string };
  /** Descriptions of the app's own modes and profiles. */
  readonly modes?: Readonly<Record<string, Words>>;
  readonly profiles?: Readonly<Record<string, Words>>;
}
