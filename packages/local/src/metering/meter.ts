import { bodiesIn, resourceOf, updatedIn } from './requests.ts';
import { addUnits, type UnitsByTable, unitsOf, withCapacityReport } from './units.ts';

/** The calls of one caller to one resource by one operation. */
export interface MeteredCalls {
  /** Name of a function; `poller` for Lambda's polling of queues. */
  caller: string;
  service: string;
  operation: string;
  /** Name of a table, queue or topic; for a call on several tables, all of them. */
  resource: string;
  calls: number;
  /** Messages sent, received or deleted. */
  messages: number;
  /** Size of their bodies. */
  bytes: number;
  /** SQS requests as billed, in chunks of 64 KB. */
  requests: number;
  units: UnitsByTable;
}

export interface Invocation {
  /** Records that it got from a queue or a stream. */
  records: number;
  ms: number;
}

export interface MeteredFunction {
  invocations: Invocation[];
  /** What it logged itself, without Lambda's own lines. */
  logBytes: number;
}

export interface Metered {
  calls: MeteredCalls[];
  functions: Record<string, MeteredFunction>;
  /** Requests that the API forwarded, by route. */
  requests: Record<string, number>;
  /** Size of the access logs of APIs. */
  accessLogBytes: number;
  /** Per table and kind of key, the item that was updated most often. */
  hottest: HotItem[];
}

export interface HotItem {
  table: string;
  /** Prefix of its key: `day` for `day#2026-11-29`; empty for an id alone. */
  kind: string;
  updates: number;
}

/** The caller for Lambda's own calls of queues, with the role of a function. */
export const POLLER = 'poller';

/** https://aws.amazon.com/sqs/pricing/ */
const REQUEST_BYTES = 64 * 1024;

interface Call {
  caller: string;
  service: string;
  operation: string;
  request: string;
  response: string;
}

/** Counts the billable units of functions' AWS calls. Without a meter, a cloud has no overhead. */
export class Meter {
  #calls = new Map<string, MeteredCalls>();
  #functions = new Map<string, MeteredFunction>();
  #requests: Record<string, number> = {};
  #accessLogBytes = 0;
  #updates = new Map<string, Map<string, number>>();

  /** The request to forward, modified so that its response can be metered. */
  prepare(service: string, operation: string, request: string): string {
    return service === 'dynamodb' ? withCapacityReport(operation, request) : request;
  }

  recordCall({ caller, service, operation, request, response }: Call): void {
    const bodies = service === 'dynamodb' ? [] : bodiesIn(service, operation, request);
    const call = this.#of(caller, service, operation, resourceOf(service, operation, request));
    this.#add(call, bodies.length, bytesOf(bodies));
    if (service !== 'dynamodb') return;
    for (const [table, units] of Object.entries(unitsOf(operation, request, response)))
      addUnits(call.units, table, units);
    for (const [table, key] of updatedIn(operation, request)) {
      const ofTable = this.#updates.get(table) ?? new Map<string, number>();
      this.#updates.set(table, ofTable.set(key, (ofTable.get(key) ?? 0) + 1));
    }
  }

  /** Number of records that a function got since `take`. */
  recordsOf(functionName: string): number {
    return this.#function(functionName).invocations.reduce((all, { records }) => all + records, 0);
  }

  /** Records a call of Lambda's poller to a queue. Not called for empty receives. */
  recordPoll(operation: string, queue: string, bodies: readonly string[]): void {
    this.#add(this.#of(POLLER, 'sqs', operation, queue), bodies.length, bytesOf(bodies));
  }

  recordInvocation(functionName: string, payload: string, ms: number): void {
    const records = (JSON.parse(payload) as { Records?: unknown[] }).Records?.length ?? 0;
    this.#function(functionName).invocations.push({ records, ms });
  }

  recordLog(functionName: string, line: string): void {
    this.#function(functionName).logBytes += Buffer.byteLength(line);
  }

  recordAccessLog(line: string): void {
    this.#accessLogBytes += Buffer.byteLength(line);
  }

  recordRequest(route: string): void {
    this.#requests[route] = (this.#requests[route] ?? 0) + 1;
  }

  /** Returns the counts since the last call, and resets them. */
  take(): Metered {
    const taken = {
      calls: [...this.#calls.values()],
      functions: Object.fromEntries(this.#functions),
      requests: this.#requests,
      accessLogBytes: this.#accessLogBytes,
      hottest: [...this.#updates].flatMap(([table, updates]) => hottestOf(table, updates)),
    };
    this.#updates = new Map();
    this.#calls = new Map();
    this.#functions = new Map();
    this.#requests = {};
    this.#accessLogBytes = 0;
    return taken;
  }

  #of(caller: string, service: string, operation: string, resource: string): MeteredCalls {
    const key = [caller, service, operation, resource].join(' ');
    const none = { calls: 0, messages: 0, bytes: 0, requests: 0, units: {} };
    const of = this.#calls.get(key) ?? { caller, service, operation, resource, ...none };
    this.#calls.set(key, of);
    return of;
  }

  #add(of: MeteredCalls, messages: number, bytes: number): void {
    of.calls++;
    of.messages += messages;
    of.bytes += bytes;
    of.requests += Math.max(1, Math.ceil(bytes / REQUEST_BYTES));
  }

  #function(name: string): MeteredFunction {
    const of = this.#functions.get(name) ?? { invocations: [], logBytes: 0 };
    this.#functions.set(name, of);
    return of;
  }
}

const bytesOf = (bodies: readonly string[]) => bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0);

function hottestOf(table: string, updates: ReadonlyMap<string, number>): HotItem[] {
  const kinds = Map.groupBy(updates, ([key]) => /^([a-z-]+)#/.exec(key)?.[1] ?? '');
  return [...kinds].map(([kind, of]) => ({ table, kind, updates: Math.max(...of.map(([, count]) => count)) }));
}
