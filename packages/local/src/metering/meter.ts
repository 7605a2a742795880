import { bodiesIn, resourceOf, updatedIn } from './requests.ts';
import { addUnits, type UnitsByTable, unitsOf, withCapacityReport } from './units.ts';

/** The calls of one caller to one resource by one operation. */
export interface MeteredCalls {
  /** The name of a function, or `poller` for Lambda's polling of queues. */
  caller: string;
  service: string;
  operation: string;
  /** The name of a table, queue or topic. For a call to several tables: the names of all these tables. */
  resource: string;
  calls: number;
  /** The number of messages that were sent, received or deleted. */
  messages: number;
  /** The size of the messages' bodies. */
  bytes: number;
  /** The number of billed requests to SQS or SNS: for each call, one per chunk of 64 KB, but at least one. */
  requests: number;
  units: UnitsByTable;
}

export interface Invocation {
  /** The number of records in the invocation's event. */
  records: number;
  ms: number;
}

export interface MeteredFunction {
  invocations: Invocation[];
  /** The size of the function's own log lines, without Lambda's lines. */
  logBytes: number;
}

export interface Metered {
  calls: MeteredCalls[];
  functions: Record<string, MeteredFunction>;
  /** The number of requests that matched a route and were not throttled, by route. */
  requests: Record<string, number>;
  /** The size of the APIs' access logs. */
  accessLogBytes: number;
  /** For each table and kind of key, the number of updates of the item that was updated most often. */
  hottest: HotItem[];
}

export interface HotItem {
  table: string;
  /** The prefix of the item's key: `day` for `day#2026-11-29`; empty for a key without a prefix. */
  kind: string;
  updates: number;
}

/** The caller in the figures for Lambda's polling of queues. */
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

/**
 * Counts what AWS would bill: AWS calls, invocations, requests to APIs, and logs. A cloud without a meter does not
 * count, which saves the overhead.
 */
export class Meter {
  #calls = new Map<string, MeteredCalls>();
  #functions = new Map<string, MeteredFunction>();
  #requests: Record<string, number> = {};
  #accessLogBytes = 0;
  #updates = new Map<string, Map<string, number>>();

  /** Changes a request so that its response contains the billed units. */
  prepare(service: string, operation: string, request: string): string {
    return service === 'dynamodb' ? withCapacityReport(operation, request) : request;
  }

  recordCall({ caller, service, operation, request, response }: Call): void {
    const bodies = service === 'dynamodb' ? [] : bodiesIn(service, operation, request);
    const call = this.#countsOf(caller, service, operation, resourceOf(service, operation, request));
    this.#add(call, bodies.length, bytesOf(bodies));
    if (service !== 'dynamodb') return;
    for (const [table, units] of Object.entries(unitsOf(operation, request, response)))
      addUnits(call.units, table, units);
    for (const [table, key] of updatedIn(operation, request)) {
      const ofTable = this.#updates.get(table) ?? new Map<string, number>();
      this.#updates.set(table, ofTable.set(key, (ofTable.get(key) ?? 0) + 1));
    }
  }

  /** The number of records that a function has got since the last {@link readAndReset}. */
  recordsOf(functionName: string): number {
    return this.#figuresOf(functionName).invocations.reduce((all, { records }) => all + records, 0);
  }

  /** Records a call of Lambda's poller to a queue. The poller does not report empty receives. */
  recordPoll(operation: string, queue: string, bodies: readonly string[]): void {
    this.#add(this.#countsOf(POLLER, 'sqs', operation, queue), bodies.length, bytesOf(bodies));
  }

  recordInvocation(functionName: string, payload: string, ms: number): void {
    const records = (JSON.parse(payload) as { Records?: unknown[] }).Records?.length ?? 0;
    this.#figuresOf(functionName).invocations.push({ records, ms });
  }

  recordLog(functionName: string, line: string): void {
    this.#figuresOf(functionName).logBytes += Buffer.byteLength(line);
  }

  recordAccessLog(line: string): void {
    this.#accessLogBytes += Buffer.byteLength(line);
  }

  recordRequest(route: string): void {
    this.#requests[route] = (this.#requests[route] ?? 0) + 1;
  }

  /** Returns the counts since the last call of this method, and resets them. */
  readAndReset(): Metered {
    const metered = {
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
    return metered;
  }

  #countsOf(caller: string, service: string, operation: string, resource: string): MeteredCalls {
    const key = [caller, service, operation, resource].join(' ');
    const none = { calls: 0, messages: 0, bytes: 0, requests: 0, units: {} };
    const counts = this.#calls.get(key) ?? { caller, service, operation, resource, ...none };
    this.#calls.set(key, counts);
    return counts;
  }

  #add(counts: MeteredCalls, messages: number, bytes: number): void {
    counts.calls++;
    counts.messages += messages;
    counts.bytes += bytes;
    counts.requests += Math.max(1, Math.ceil(bytes / REQUEST_BYTES));
  }

  #figuresOf(name: string): MeteredFunction {
    const figures = this.#functions.get(name) ?? { invocations: [], logBytes: 0 };
    this.#functions.set(name, figures);
    return figures;
  }
}

const bytesOf = (bodies: readonly string[]) => bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0);

function hottestOf(table: string, updates: ReadonlyMap<string, number>): HotItem[] {
  const kinds = Map.groupBy(updates, ([key]) => /^([a-z-]+)#/.exec(key)?.[1] ?? '');
  return [...kinds].map(([kind, items]) => ({ table, kind, updates: Math.max(...items.map(([, count]) => count)) }));
}
