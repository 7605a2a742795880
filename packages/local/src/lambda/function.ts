import { randomUUID } from 'node:crypto';
import type { Faults } from '../faults/faults.ts';
import type { Meter } from '../metering/meter.ts';
import { AsynchronousInvocations } from './asynchronous.ts';
import type { FunctionSettings, InvocationOptions, InvocationResponse } from './instance.ts';
import { Instance } from './instance.ts';

/**
 * An instance that is idle for longer is ended. The time is longer than the minute between two runs of a sweep, because
 * starting an instance takes ten times the CPU time of a sweep.
 */
const IDLE_MS = 75_000;

/** An invocation that failed. */
export interface FailedInvocation {
  functionName: string;
  requestId: string;
  reason: string;
}

export interface FunctionOptions {
  /** The maximum number of instances. Further invocations wait until an instance is free. */
  limit: number;
  log: (line: string) => void;
  /** Invoked for every failure, except if fault injection ended the instance, or the function was stopped. */
  onFailure: (failure: FailedInvocation) => void;
  faults?: Faults | undefined;
  meter?: Meter | undefined;
}

/** The previously deployed function with the same name. */
interface Previous {
  fn: LambdaFunction;
  /** The fraction of invocations that the previous function gets, 0 to 1. */
  weight: number;
  /** The number of invocations of both functions together. */
  total: number;
  /** The number of invocations that the previous function got. */
  routed: number;
}

function isTurnOfPrevious(previous: Previous): boolean {
  previous.total++;
  const isItsTurn = previous.routed < Math.floor(previous.total * previous.weight);
  if (isItsTurn) previous.routed++;
  return isItsTurn;
}

/** A deployed function. It starts instances on demand, and ends idle instances. */
export class LambdaFunction {
  readonly settings: FunctionSettings;
  /** The asynchronous invocations of this function. */
  readonly asynchronous = new AsynchronousInvocations(this);
  /**
   * The version for each qualifier. A qualifier is `$LATEST`, a published version or an alias. All versions run the
   * same code.
   */
  readonly qualifiers = new Map([['$LATEST', '$LATEST']]);
  readonly #options: FunctionOptions;
  readonly #instances = new Set<Instance>();
  readonly #idle: Instance[] = [];
  readonly #waiting: Array<PromiseWithResolvers<Instance>> = [];
  readonly #underWay = new Set<Promise<InvocationResponse>>();
  #previous: Previous | undefined;
  #stopped = false;
  readonly #reaper: NodeJS.Timeout;

  constructor(settings: FunctionSettings, options: FunctionOptions) {
    this.settings = settings;
    this.#options = options;
    this.#reaper = setInterval(() => this.#endIdle(), IDLE_MS / 2).unref();
  }

  /**
   * Routes a part of the invocations to the previously deployed function, the way Lambda does while it replaces code or
   * shifts an alias's traffic.
   * @param weight the fraction for the previous function: with 0.3, the previous function gets three of ten
   * invocations, evenly spread
   */
  shareWith(previous: LambdaFunction, weight: number): void {
    this.#previous = { fn: previous, weight, total: 0, routed: 0 };
  }

  /** Ends the routing to the previous function. @returns the number of invocations that the previous function got */
  endSharing(): number {
    const routed = this.#previous?.routed ?? 0;
    this.#previous = undefined;
    return routed;
  }

  async invoke(
    payload: string,
    requestId: string = randomUUID(),
    options: InvocationOptions = {},
  ): Promise<InvocationResponse> {
    if (this.#previous && isTurnOfPrevious(this.#previous))
      return this.#previous.fn.invoke(payload, requestId, options);
    const response = this.#invoke(payload, requestId, options);
    this.#underWay.add(response);
    return response.finally(() => this.#underWay.delete(response));
  }

  async #invoke(payload: string, requestId: string, options: InvocationOptions): Promise<InvocationResponse> {
    const { tail } = options;
    const instance = await this.#acquire().catch((error: Error) => error);
    if (instance instanceof Error) {
      return { ok: false, payload: JSON.stringify({ errorType: 'Service.Stopped', errorMessage: instance.message }) };
    }
    const { log, faults, meter } = this.#options;
    tail?.push(`START RequestId: ${requestId} Version: $LATEST`);
    const start = performance.now();
    const death = faults?.death(this.settings.name);
    let isKilled = false;
    const kill = () => {
      isKilled = true;
      faults?.happened(`${this.settings.name}: dies`);
      void instance.terminate();
    };
    const killer = death === undefined ? undefined : setTimeout(kill, death);
    const response = await instance.invoke(requestId, payload, options);
    clearTimeout(killer);
    const duration = performance.now() - start;
    meter?.recordInvocation(this.settings.name, payload, duration);
    const report = `REPORT RequestId: ${requestId}\tDuration: ${duration.toFixed(2)} ms\tMemory Size: ${this.settings.memoryMb} MB\tMax Memory Used: ${response.usedMb ?? '?'} MB${response.ok ? '' : `\tError: ${response.payload}`}`;
    log(report);
    tail?.push(`END RequestId: ${requestId}`, report);
    if (!response.ok && !isKilled && !this.#stopped) this.reportFailure(requestId, reasonOf(response));
    this.#release(instance);
    return response;
  }

  /** Whether an invocation of this or of the previous function is in progress. */
  get isBusy(): boolean {
    return this.#underWay.size > 0 || (this.#previous?.fn.isBusy ?? false);
  }

  /** Reports an invocation that failed, or whose response the caller considers a failure. */
  reportFailure(requestId: string, reason: string): void {
    this.#options.onFailure({ functionName: this.settings.name, requestId, reason });
  }

  /** Stops the function after all invocations in progress have ended or timed out. */
  async drain(): Promise<void> {
    await Promise.all(this.#underWay);
    await this.stop();
  }

  async stop(): Promise<void> {
    clearInterval(this.#reaper);
    this.#stopped = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${this.settings.name} was stopped`));
    await Promise.all([...this.#instances].map((instance) => instance.terminate()));
  }

  async #acquire(): Promise<Instance> {
    if (this.#stopped) throw new Error(`${this.settings.name} was stopped`);
    for (let instance = this.#idle.pop(); instance; instance = this.#idle.pop()) {
      if (instance.alive) return instance;
      this.#instances.delete(instance);
    }
    if (this.#instances.size < this.#options.limit) return this.#start();
    const place = Promise.withResolvers<Instance>();
    this.#waiting.push(place);
    return place.promise;
  }

  #start(): Instance {
    const { log, meter } = this.#options;
    const instance = new Instance(this.settings, (line) => {
      meter?.recordLog(this.settings.name, line);
      log(line);
    });
    this.#instances.add(instance);
    return instance;
  }

  #release(instance: Instance): void {
    let next = instance;
    if (!instance.alive) {
      this.#instances.delete(instance);
      if (this.#waiting.length === 0) return;
      next = this.#start();
    }
    const waiting = this.#waiting.shift();
    if (waiting) {
      waiting.resolve(next);
      return;
    }
    next.idleSince = Date.now();
    this.#idle.push(next);
  }

  #endIdle(): void {
    const longAgo = Date.now() - IDLE_MS;
    while (this.#idle[0] && this.#idle[0].idleSince < longAgo) {
      const instance = this.#idle.shift() as Instance;
      this.#instances.delete(instance);
      void instance.terminate();
    }
  }
}

function reasonOf({ payload }: InvocationResponse): string {
  const { errorType, errorMessage } = JSON.parse(payload) as Record<string, string>;
  return `${errorType}: ${errorMessage}`;
}
