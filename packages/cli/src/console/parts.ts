import type { Span } from '@rollcall/local/internal/observability/otlp';
import type { Stage } from '../operated-stage.ts';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import type { Holdings } from '../stage/holdings.ts';
import type { ProviderFault } from '../stage/provider-fault.ts';
import type { Words } from '../words.ts';
import type { Burst, Correspondence, CreateForm, FaultKind } from './api.ts';

/** What a burst is made on. */
export interface BurstOptions {
  stage: Stage;
  cloud: EmbeddedCloud;
  /** Who subscribes to the topics of the stage: every one is to apply what happens. */
  subscribers: readonly string[];
  /** Of an operator, for the API. */
  token: () => Promise<string>;
}

/** Many requests at once, watched until every subscriber has done what it should. One burst at a time. */
export interface Bursts {
  /** The one that is under way, or was the last. */
  last(): Burst | undefined;
  /** @returns undefined, if one is under way */
  start(total: number): Promise<Burst | undefined>;
  /** Told of all spans, as they come. */
  see(spans: readonly Span[]): void;
  /** Called once a second. */
  tick(): void;
}

/** Has the API of an embedded cloud make a new aggregate, from a form of the page. */
export interface Creation {
  readonly form: CreateForm;
  /** Values to begin with, by field: others each time. */
  sample(): Record<string, string>;
  /** @param body as the page sends it: the form's values */
  request(cloud: EmbeddedCloud, body: unknown): Promise<Response>;
}

/** What runs beside an embedded cloud, and can be broken on purpose. */
export interface ProviderFaults {
  readonly title: Words;
  readonly lead: Words;
  /** By name. */
  readonly providers: readonly string[];
  readonly kinds: Readonly<Record<string, FaultKind>>;
  /** Those that are broken, and how. */
  broken(cloud: EmbeddedCloud): Promise<Record<string, ProviderFault>>;
  /** @param fault undefined: mends it */
  change(cloud: EmbeddedCloud, provider: string, fault: ProviderFault | undefined): Promise<unknown>;
}

/** What the console shows and does for one app, beside what it does for every one. */
export interface ConsoleParts {
  /** All that the services hold of one aggregate; default: what the outboxes and consumers of any app hold of it. */
  holdings?(stage: Stage, id: string): Promise<Holdings>;
  /** What left the stage about an aggregate, by what is held of it. @param cloud undefined: of an account */
  sent?(holdings: Holdings, cloud: EmbeddedCloud | undefined): Promise<Correspondence>;
  readonly creation?: Creation;
  /** @param onChange told whenever there is more to tell of a burst */
  bursts?(options: BurstOptions, onChange: (burst: Burst) => void): Bursts;
  readonly faults?: ProviderFaults;
  /** What new aggregates are called in charts, and by which metric of which service CloudWatch counts them. */
  readonly created?: { readonly title: Words; readonly metric: string; readonly service: string };
  /** What the app's own modes of capabilities mean, and its profiles. */
  readonly modes?: Readonly<Record<string, Words>>;
  readonly profiles?: Readonly<Record<string, Words>>;
}
