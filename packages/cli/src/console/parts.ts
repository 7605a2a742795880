import type { Span } from '@rollcall/local/internal/observability/otlp';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import type { Holdings } from '../stage/holdings.ts';
import type { Stage } from '../stage/stage.ts';
import type { Burst, MemberView } from './api.ts';

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
  start(members: number): Promise<Burst | undefined>;
  /** Told of all spans, as they come. */
  see(spans: readonly Span[]): void;
  /** Called once a second. */
  tick(): void;
}

/** What the console shows and does for one app, beside what it does for every one. */
export interface ConsoleParts {
  /** All that the services hold of one aggregate; default: what the outboxes and consumers of any app hold of it. */
  holdings?(stage: Stage, id: string): Promise<Holdings>;
  /** What else is known of an aggregate, by what is held of it. */
  more?(holdings: Holdings, cloud: EmbeddedCloud | undefined): Promise<Pick<MemberView, 'optedOut' | 'texts'>>;
  /** Asks the API of an embedded cloud for a new aggregate. @param body as the page sends it */
  register?(cloud: EmbeddedCloud, body: unknown): Promise<Response>;
  /** @param onChange told whenever there is more to tell of a burst */
  bursts?(options: BurstOptions, onChange: (burst: Burst) => void): Bursts;
  /** What runs beside an embedded cloud and can be broken on purpose, by name. */
  readonly providers?: readonly string[];
  /** By which metric CloudWatch counts new aggregates: its name, and that of the service. */
  readonly registrations?: { readonly metric: string; readonly service: string };
}
