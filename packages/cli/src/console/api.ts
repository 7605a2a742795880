import type { ParkedReason } from '@rollcall/kit/internal/messaging/subscriber-store';
import type { CircuitView } from '../stage/circuits.ts';
import type { ProviderFault } from '../stage/provider-fault.ts';
import type { SwitchView } from '../stage/switches.ts';
import type { Topology } from '../stage/topology.ts';
import type { SpanView } from '../stage/traces.ts';
import type { AggregateName, Words } from '../words.ts';

/**
 * The JSON API between the console's page and its server, under `/console/api`. Each error response is
 * an RFC 9457 problem. Times are ISO 8601 or, if the name says so, milliseconds.
 *
 * | | |
 * |---|---|
 * | `GET /about` | {@link About} |
 * | `GET /topology` | {@link Topology} |
 * | `GET /live` | server-sent events: `snapshot` {@link Snapshot} every second, in an AWS account every ten seconds; `messages` {@link Passing}[], `burst` {@link Burst}, `failures` {@link Failure}[]: the last fifty, the latest first |
 * | `GET /load` | {@link LoadPoint}[]: the last fifteen minutes, one per second; in an AWS account, one per minute |
 * | `GET /sample` | initial values of the form, by field; 404 without a form, or without an embedded cloud |
 * | `POST /create` values of the form, by field | {@link Created}; 404 without a form, or without an embedded cloud |
 * | `POST /burst` `{total}` | {@link Burst}; progress follows as `burst` events; 404 if the page cannot start bursts |
 * | `GET /aggregates` | {@link RecentAggregate}[], the latest first |
 * | `GET /aggregates/{id}` | {@link AggregateView} |
 * | `GET /parked?subscriber=&reason=&limit=` | {@link ParkedPage} |
 * | `POST /parked/redrive` {@link RedriveRequest} | NDJSON: one {@link RedriveProgress} per line, the last one `finished` |
 * | `POST /parked/discard` {@link DiscardRequest} | `{}` |
 * | `GET /switches` | {@link Switches} |
 * | `POST /switches` {@link SwitchRequest} | {@link Switches} |
 * | `GET /circuits` | {@link CircuitView}[] |
 * | `POST /circuits/{name}/reset` | {@link CircuitView}[] |
 * | `GET /faults` | {@link Faults}; 404 if the stage is not in an embedded cloud |
 * | `PUT /faults/providers/{name}` {@link ProviderFault} · `DELETE` | {@link Faults} |
 * | `PUT /faults/stopped/{function}` · `DELETE` | {@link Faults} |
 * | `PUT /faults/latency` `{ms}` | {@link Faults} |
 */
export interface About {
  stage: string;
  /** Whether the stage is in an embedded cloud. Faults can be injected only into an embedded cloud. */
  embedded: boolean;
  /** The app's word for its aggregates. */
  aggregate: AggregateName;
  /** The form with which the page can create an aggregate. */
  form?: CreateForm;
  /** Whether the page can create many aggregates at once. */
  bursts: boolean;
  /** The label of new aggregates in charts. */
  created?: Words;
  /** Descriptions of the app's own modes and profiles. */
  modes: Readonly<Record<string, Words>>;
  profileWords: Readonly<Record<string, Words>>;
  /** Texts about the faults that can be injected into stand-ins. */
  faults?: FaultWords;
  apiUrl: string;
  /** Names of all consumers. */
  subscribers: string[];
  /** The modes of each capability, except `on`. */
  capabilities: Record<string, string[]>;
  profiles: string[];
}

export interface CreateForm {
  readonly title: Words;
  readonly lead: Words;
  readonly fields: readonly FormField[];
  readonly submit: Words;
  /** The message after the creation. Contains `{{id}}`. */
  readonly done: Words;
  /** The label of the button that starts a burst. Contains `{{count}}`. */
  readonly many: Words;
  /** For a burst: the label of the accepted requests. */
  readonly accepted: Words;
  /** By the last segment of a problem's type: the field with the error, and the text of the error. */
  readonly problems?: Readonly<Record<string, { readonly field: string; readonly says: Words }>>;
}

export interface FormField {
  readonly name: string;
  readonly label: Words;
  /** Type of the HTML input. Default: `text`. */
  readonly type?: 'tel';
  /** The allowed values. Default: any value. */
  readonly options?: readonly string[];
}

export interface FaultKind {
  readonly says: Words;
  /** Whether the fault has a delay in milliseconds. */
  readonly takesMs?: true;
}

export interface FaultWords {
  readonly title: Words;
  readonly lead: Words;
  readonly kinds: Readonly<Record<string, FaultKind>>;
}

export type { AggregateName, CircuitView, ProviderFault, SpanView, SwitchView, Topology, Words };

/** Current activity of one node or edge of the topology; rates are averages of the last five seconds. */
export interface Activity {
  perSecond?: number;
  errorsPerSecond?: number;
  /** Waiting messages of a queue, or rows of an outbox. */
  backlog?: number;
  /** In-flight messages of a queue. */
  inFlight?: number;
  /** Parked messages of a consumer. */
  parked?: number;
  /** An injected fault: the function receives no messages. */
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
  /** Messages in all queues except dead-letter queues, and rows in all outboxes. */
  backlog: number;
  parked: number;
  /** From commit to publish, in milliseconds; undefined if no message was published. */
  publicationLagMs?: Percentiles;
  /** From commit to effect, in milliseconds; undefined if no message was applied. */
  applicationLagMs?: Percentiles;
}

export interface Snapshot {
  load: LoadPoint;
  /** By id of the node. */
  nodes: Record<string, Activity>;
  /** By id of the edge. */
  edges: Record<string, Activity>;
  /**
   * Warnings. A warning begins with its kind: `circuit`, `switch`, or an injected fault (`provider`, `function`,
   * `latency`). A warning without a kind reports that the stage cannot be read.
   */
  warnings: readonly Words[];
}

/** In an embedded cloud, a failed invocation of a function. If `requestId` is missing, a denied call by the function. */
export interface Failure {
  at: string;
  functionName: string;
  requestId?: string;
  reason: string;
  /** Path of the log file. */
  log: string;
}

/** A message or an effect that passed along an edge of the topology. */
export interface Passing {
  at: string;
  /** Id of the edge. */
  edge: string;
  messageId: string;
  type: string;
  aggregateId: string;
  /** The outcome, if a consumer received the message. */
  outcome?: string;
}

export interface Created {
  id: string;
}

/** Aggregates created at once, and their progress. */
export interface Burst {
  total: number;
  accepted: number;
  rejected: number;
  /** By service: the number of aggregates whose message the service has applied. */
  applied: Record<string, number>;
  /** The verdict, once all messages are applied or no more arrive. */
  verdict?: {
    lost: number;
    duplicated: number;
    outOfOrder: number;
    /** The number of aggregates with a parked message that needs an operator. */
    parked: number;
  };
}

export interface RecentAggregate {
  id: string;
  at: string;
}

/** A message that was sent, or that is in an outbox or parked. */
export interface SentMessage {
  at: string;
  channel: string;
  /** The CloudEvent, with binary data decoded if the app has its contract. Only `body` if the body is not JSON. */
  event: Record<string, unknown>;
}

/** Messages about an aggregate that the stage sent to recipients outside the stage. */
export interface Correspondence {
  readonly title: Words;
  /** Shown if no message was sent. */
  readonly none: Words;
  /** A note above the messages. `says` contains `{{at}}`. */
  readonly notice?: { readonly says: Words; readonly at: string };
  readonly threads: ReadonlyArray<{
    readonly to: string;
    readonly title: Words;
    readonly sent: ReadonlyArray<{ readonly body: string; readonly by: string; readonly at: string }>;
  }>;
}

export interface AggregateView {
  id: string;
  /** All spans, by start. Empty if the stage keeps no traces. */
  spans: SpanView[];
  /** The last messages about the aggregate, oldest first; in an AWS account, only those in an outbox or parked. */
  messages: SentMessage[];
  /** The items that each service stores. */
  holdings: Record<string, Array<Record<string, unknown>>>;
  /** Messages to recipients outside the stage. Undefined if the app does not show them. */
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
  /** The CloudEvent as JSON, with binary data decoded if the app has its contract. Any other body is unchanged. */
  body: string;
}

export interface ParkedPage {
  total: number;
  messages: ParkedView[];
}

export interface RedriveRequest {
  subscriber: string;
  /**
   * Default: all aggregates that can be redriven. With or without this list, the first aggregate is a canary: if it
   * fails, the others are not tried.
   */
  aggregateIds?: string[];
  /** Whether held messages are applied too. */
  release?: boolean;
}

export interface RedriveProgress {
  done: number;
  total: number;
  applied: number;
  /** Messages of the tried aggregates that wait for a predecessor or a retry. */
  waiting: number;
  /** Messages of the tried aggregates that need an operator. */
  forPerson: number;
  failures: Array<{ aggregateId: string; error: string }>;
  finished?: boolean;
}

export interface DiscardRequest {
  subscriber: string;
  aggregateId: string;
  version: number;
  /** Selects one of several messages with the same version, such as unreadable messages, whose version is 0. */
  messageId?: string;
  because: string;
}

export interface Switches {
  switches: SwitchView[];
  history: Array<{ capability: string; mode: string; by: string; why: string; at: string; until?: string }>;
}

export interface SwitchRequest {
  /** Either a capability or a profile. */
  capability?: string;
  profile?: string;
  /** Only with a capability. */
  mode?: string;
  why: string;
  /** After this time, the mode is `on` again. */
  forSeconds?: number;
}

export interface Faults {
  /** By name of the stand-in; null: no fault. */
  providers: Record<string, ProviderFault | null>;
  /** By name of a function that consumes messages: whether the function is stopped. */
  functions: Record<string, boolean>;
  /** Latency added to every call from a function to an AWS service. */
  latencyMs: number;
}
