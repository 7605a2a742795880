import type { ParkedReason } from '@rollcall/kit/internal/messaging/subscriber-store';
import type { CircuitView } from '../stage/circuits.ts';
import type { ProviderFault } from '../stage/provider-fault.ts';
import type { SwitchView } from '../stage/switches.ts';
import type { Topology } from '../stage/topology.ts';
import type { SpanView } from '../stage/traces.ts';

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
 * | `POST /register` {@link RegisterRequest} | {@link Registered}; 404 where the stage is no embedded cloud: nobody is to text a stranger |
 * | `POST /burst` `{members}` | {@link Burst}; how it goes on is told as `burst` events; 404 likewise |
 * | `GET /members` | {@link RecentMember}[], the latest first |
 * | `GET /members/{id}` | {@link MemberView} |
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
  /** Whether the page can register members, for a first look. */
  registers: boolean;
  apiUrl: string;
  /** Names of all that take messages from a queue. */
  subscribers: string[];
  /** What each capability can be switched to, but `on`. */
  capabilities: Record<string, string[]>;
  profiles: string[];
}

export type { CircuitView, ProviderFault, SpanView, SwitchView, Topology };

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
  registrationsPerSecond: number;
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
  warnings: string[];
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
  memberId: string;
  /** Of a message that a consumer took: what became of it. */
  outcome?: string;
}

export interface RegisterRequest {
  phone: string;
  name: string;
  locale: string;
}

export interface Registered {
  id: string;
}

/** Registrations made at once, and what became of them. */
export interface Burst {
  members: number;
  registered: number;
  rejected: number;
  /** Members for whom a service has done what it should. */
  applied: Record<string, number>;
  /** The verdict, once everything was applied or nothing more came. */
  verdict?: {
    lost: number;
    duplicated: number;
    outOfOrder: number;
    /** Members who have something set aside, for a person. */
    parked: number;
  };
}

export interface RecentMember {
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

export interface MemberView {
  id: string;
  /** All that happened, by start. Empty where no traces are kept. */
  spans: SpanView[];
  /** The last messages about the member, the oldest first; of an account, those that are still held somewhere. */
  messages: SentMessage[];
  /** What each service holds, as it is stored. */
  holdings: Record<string, Array<Record<string, unknown>>>;
  /** Whoever has the member's phone wants no texts: since when, and who said so. */
  optedOut?: { since: string; by: string };
  /** Of an embedded cloud. */
  texts: Array<{ text: string; to: string; provider: string; at: string }>;
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
  /** The CloudEvent as text. */
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
  /** Messages that wait for their turn now, and for a person, of the members that were tried. */
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
  /** What can be broken so. */
  kinds: string[];
  /** By provider, or instance of the gateway. */
  providers: Record<string, ProviderFault | null>;
  /** Functions that take messages; whether they are stopped. */
  functions: Record<string, boolean>;
  /** How much later every call of a function to an AWS service is answered. */
  latencyMs: number;
}
