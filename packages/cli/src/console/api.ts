import type { ParkedReason } from '@rollcall/kit/internal/messaging/subscriber-store';
import type { CircuitView } from '../stage/circuits.ts';
import type { ProviderFault } from '../stage/provider-fault.ts';
import type { SwitchView } from '../stage/switches.ts';
import type { Topology } from '../stage/topology.ts';
import type { SpanView } from '../stage/traces.ts';
import type { AggregateName, Words } from '../words.ts';

/**
 * What the console's page and its server say to each other, as JSON, under `/console/api`. What goes wrong is answered as
 * an RFC 9457 problem. Times are ISO 8601 or, where the name says so, milliseconds.
 *
 * | | |
 * |---|---|
 * | `GET /about` | {@link About} |
 * | `GET /topology` | {@link Topology} |
 * | `GET /live` | server-sent events: `snapshot` {@link Snapshot} every second, `messages` {@link Passing}[], `burst` {@link Burst}, `failures` {@link Failure}[]: the last fifty, the latest first |
 * | `GET /load` | {@link LoadPoint}[]: the last fifteen minutes, a second each |
 * | `GET /sample` | values of the form to begin with, by field; 404 where the app has no form, or the stage is no embedded cloud: what is made elsewhere is real |
 * | `POST /create` values of the form, by field | {@link Created}; 404 likewise |
 * | `POST /burst` `{total}` | {@link Burst}; how it goes on is told as `burst` events; 404 likewise |
 * | `GET /aggregates` | {@link RecentAggregate}[], the latest first |
 * | `GET /aggregates/{id}` | {@link AggregateView} |
 * | `GET /parked?subscriber=&reason=&limit=` | {@link ParkedPage} |
 * | `POST /parked/redrive` {@link RedriveRequest} | NDJSON: a {@link RedriveProgress} a line, the last one `finished` |
 * | `POST /parked/discard` {@link DiscardRequest} | `{}` |
 * | `GET /switches` | {@link Switches} |
 * | `POST /switches` {@link SwitchRequest} | {@link Switches} |
 * | `GET /circuits` | {@link CircuitView}[] |
 * | `POST /circuits/{name}/reset` | {@link CircuitView}[] |
 * | `GET /faults` | {@link Faults}; 404 where the stage is no embedded cloud |
 * | `PUT /faults/providers/{name}` {@link ProviderFault} · `DELETE` | {@link Faults} |
 * | `PUT /faults/stopped/{function}` · `DELETE` | {@link Faults} |
 * | `PUT /faults/latency` `{ms}` | {@link Faults} |
 */
export interface About {
  stage: string;
  /** Whether it is an embedded cloud: nothing can be broken on purpose elsewhere. */
  embedded: boolean;
  /** What the app calls what its messages are about. */
  aggregate: AggregateName;
  /** By which the page can make an aggregate, for a first look. */
  form?: CreateForm;
  /** Whether it can make many at once. */
  bursts: boolean;
  /** What new aggregates are called in charts. */
  created?: Words;
  /** What the app's own modes and profiles mean. */
  modes: Readonly<Record<string, Words>>;
  profileWords: Readonly<Record<string, Words>>;
  /** What can be broken on purpose beside the cloud. */
  faults?: FaultWords;
  apiUrl: string;
  /** Names of all that take messages from a queue. */
  subscribers: string[];
  /** What each capability can be switched to, but `on`. */
  capabilities: Record<string, string[]>;
  profiles: string[];
}

export interface CreateForm {
  readonly title: Words;
  readonly lead: Words;
  readonly fields: readonly FormField[];
  readonly submit: Words;
  /** With `{{id}}`. */
  readonly done: Words;
  /** Of a burst, with `{{count}}`. */
  readonly many: Words;
  /** Of a burst: what the API accepted. */
  readonly accepted: Words;
  /** By the last segment of a problem's type: the field that it is about, and what it says there. */
  readonly problems?: Readonly<Record<string, { readonly field: string; readonly says: Words }>>;
}

export interface FormField {
  readonly name: string;
  readonly label: Words;
  /** Of an input in HTML. Default: `text`. */
  readonly type?: 'tel';
  /** Only these values. */
  readonly options?: readonly string[];
}

export interface FaultKind {
  readonly says: Words;
  /** Whether it takes milliseconds. */
  readonly takesMs?: true;
}

export interface FaultWords {
  readonly title: Words;
  readonly lead: Words;
  readonly kinds: Readonly<Record<string, FaultKind>>;
}

export type { AggregateName, CircuitView, ProviderFault, SpanView, SwitchView, Topology, Words };

/** How one node or edge of the topology does now; rates are those of the last five seconds. */
export interface Activity {
  perSecond?: number;
  errorsPerSecond?: number;
  /** Of queues: messages that wait, and that are being handled. Of the outbox: rows. Of consumers: parked messages. */
  backlog?: number;
  inFlight?: number;
  parked?: number;
  /** A fault on purpose: it takes nothing. */
  stopped?: boolean;
}

export interface Percentiles {
  p50: number;
  p99: number;
}

export interface LoadPoint {
  at: string;
  createdPerSecond: number;
  appliedPerSecond: number;
  errorsPerSecond: number;
  /** Messages in all queues, and rows in the outbox. */
  backlog: number;
  parked: number;
  /** From commit to publish, in milliseconds; nothing, if nothing was published. */
  publicationLagMs?: Percentiles;
  /** From commit to effect. */
  applicationLagMs?: Percentiles;
}

export interface Snapshot {
  load: LoadPoint;
  /** By id of the node. */
  nodes: Record<string, Activity>;
  /** By id of the edge. */
  edges: Record<string, Activity>;
  /**
   * What is not as usual, each beginning with what it is: `circuit`, `switch`; `provider`, `function`, `latency`, which are
   * broken on purpose; or that the stage does not answer.
   */
  warnings: readonly Words[];
}

/** An invocation of a function of the embedded cloud that failed; or, without its request, that it was denied a call. */
export interface Failure {
  at: string;
  functionName: string;
  requestId?: string;
  reason: string;
  /** File. */
  log: string;
}

/** A message that passes, or an effect: along an edge of the topology. */
export interface Passing {
  at: string;
  /** Id of the edge. */
  edge: string;
  messageId: string;
  type: string;
  aggregateId: string;
  /** Of a message that a consumer took: what became of it. */
  outcome?: string;
}

export interface Created {
  id: string;
}

/** Aggregates made at once, and what became of them. */
export interface Burst {
  total: number;
  accepted: number;
  rejected: number;
  /** For how many of them a service has done what it should. */
  applied: Record<string, number>;
  /** The verdict, once everything was applied or nothing more came. */
  verdict?: {
    lost: number;
    duplicated: number;
    outOfOrder: number;
    /** How many of them have something set aside, for a person. */
    parked: number;
  };
}

export interface RecentAggregate {
  id: string;
  at: string;
}

/** A message as it was sent: header and body. */
export interface SentMessage {
  at: string;
  channel: string;
  /** The CloudEvent. */
  event: Record<string, unknown>;
}

/** What left the stage about an aggregate: who got it, and what. */
export interface Correspondence {
  readonly title: Words;
  /** Where nothing was sent. */
  readonly none: Words;
  /** What is to be known before it, with `{{at}}`. */
  readonly notice?: { readonly says: Words; readonly at: string };
  readonly threads: ReadonlyArray<{
    readonly to: string;
    readonly title: Words;
    readonly sent: ReadonlyArray<{ readonly body: string; readonly by: string; readonly at: string }>;
  }>;
}

export interface AggregateView {
  id: string;
  /** All that happened, by start. Empty where no traces are kept. */
  spans: SpanView[];
  /** The last messages about it, the oldest first; of an account, those that are still held somewhere. */
  messages: SentMessage[];
  /** What each service holds, as it is stored. */
  holdings: Record<string, Array<Record<string, unknown>>>;
  /** Where the app shows any. */
  sent?: Correspondence;
}

export interface ParkedView {
  subscriber: string;
  aggregateId: string;
  version: number;
  messageId: string;
  type: string;
  reason: ParkedReason;
  parkedAt: string;
  attempts: number;
  error?: string;
  /** The CloudEvent as it was sent. */
  body: string;
}

export interface ParkedPage {
  total: number;
  messages: ParkedView[];
}

export interface RedriveRequest {
  subscriber: string;
  /** Nothing: all that a redrive of everything tries. The first one is a canary: if it fails, nothing else is tried. */
  aggregateIds?: string[];
  /** Also what was held back by a limit or a switch. */
  release?: boolean;
}

export interface RedriveProgress {
  done: number;
  total: number;
  applied: number;
  /** Messages that wait for their turn now, and for a person, of the aggregates that were tried. */
  waiting: number;
  forPerson: number;
  failures: Array<{ aggregateId: string; error: string }>;
  finished?: boolean;
}

export interface DiscardRequest {
  subscriber: string;
  aggregateId: string;
  version: number;
  /** Of a message that nobody could read, whose version is 0. */
  messageId?: string;
  because: string;
}

export interface Switches {
  switches: SwitchView[];
  history: Array<{ capability: string; mode: string; by: string; why: string; at: string; until?: string }>;
}

export interface SwitchRequest {
  /** One of the two. */
  capability?: string;
  profile?: string;
  /** Of a capability. */
  mode?: string;
  why: string;
  /** Switches back to `on` by itself. */
  forSeconds?: number;
}

export interface Faults {
  /** By name of what runs beside the cloud. */
  providers: Record<string, ProviderFault | null>;
  /** Functions that take messages; whether they are stopped. */
  functions: Record<string, boolean>;
  /** How much later every call of a function to an AWS service is answered. */
  latencyMs: number;
}
