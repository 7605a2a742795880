import type { Choices } from './choices.ts';

/** One invocation of a function. It has its own clock, and ends when it returns, crashes or times out. */
export interface Instance {
  name: string;
  skewMs: number;
  /**
   * Simulated time at which the instance times out; infinite if it may outlive the visibility timeout of its messages.
   */
  deadline: number;
  /** Whether no other instance runs between the calls of this instance. */
  uninterrupted: boolean;
  alive: boolean;
  /** Whether the code of the instance waits for the next turn of the event loop to batch concurrent calls. */
  gathers?: boolean;
}

type CallOutcome = 'no fault' | 'fails before its effect' | 'fails after its effect';

/** A call that waits until the scheduler executes it. */
interface WaitingCall {
  instance: Instance;
  what: string;
  resume(outcome: CallOutcome): void;
}

/** The possible outcomes of a call. Each entry is equally likely. */
const OUTCOMES: Array<CallOutcome | 'crash'> = [
  ...Array.from({ length: 20 }, () => 'no fault' as const),
  'fails before its effect',
  'fails after its effect',
  'crash',
  'crash',
];

const ERRORS = ['ThrottlingException', 'TransactionConflict', 'InternalServerError', 'TimeoutError'];

/** The error that a failing service returns. */
class ServiceError extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * Runs instances one call at a time. Each external call of an interruptible instance waits until the scheduler executes
 * the call, so that a crash, an error or a call of another instance can happen between any two calls.
 */
export class Scheduler {
  readonly #choices: Choices;
  readonly #waiting: WaitingCall[] = [];
  readonly #trace: ((line: string) => void) | undefined;
  #instances = 0;
  #errors = 0;
  /** Simulated time in epoch milliseconds. */
  now = Date.parse('2026-11-21T10:00:00.000Z');
  /** Until this time, every call to a service fails. */
  outageUntil = 0;
  /**
   * Whether faults have ended: outages are over, and the calls of new instances do not wait. Calls that already wait
   * succeed if all given decisions of {@link Choices} are used up.
   */
  faultFree = false;
  readonly #alive = new Set<Instance>();

  constructor(choices: Choices, trace?: (line: string) => void) {
    this.#choices = choices;
    this.#trace = trace;
  }

  log(line: string | (() => string)): void {
    if (!this.#trace) return;
    const time = new Date(this.now).toISOString().slice(11, 19);
    this.#trace(`${time}  ${typeof line === 'string' ? line : line()}`);
  }

  /**
   * Starts an instance.
   * @param onEnd called if the instance returns or throws, but not if it crashes or times out
   * @param alwaysUninterrupted true: no other instance runs between its calls; false: this is decided at random
   */
  invoke<T>(
    name: string,
    timeoutMs: number,
    run: (instance: Instance) => Promise<T>,
    onEnd: (result: T | Error) => void,
    alwaysUninterrupted = false,
  ): void {
    const skewMs = this.faultFree ? 0 : (this.#choices.below(5) - 2) * 1_000;
    const uninterrupted = this.faultFree || alwaysUninterrupted || this.#choices.below(3) === 1;
    const instance: Instance = {
      name: `${name}-${++this.#instances}`,
      skewMs,
      deadline: this.now + timeoutMs,
      uninterrupted,
      alive: true,
    };
    this.#alive.add(instance);
    this.log(`${instance.name} starts`);
    const end = (result: T | Error) => {
      if (!instance.alive) return;
      this.log(`${instance.name} ends${result instanceof Error ? `: ${result.message}` : ''}`);
      this.#alive.delete(instance);
      instance.alive = false;
      onEnd(result);
    };
    run(instance).then(end, end);
  }

  /**
   * Calls a service. The effect is atomic. It happens immediately if the instance is uninterrupted, otherwise when the
   * scheduler executes the call.
   */
  async call<T>(instance: Instance, what: string, effect: () => T | Promise<T>): Promise<T> {
    if (instance.uninterrupted && instance.alive) {
      this.log(`${instance.name} ${what}${this.#isOutage ? ': fails before its effect' : ''}`);
      if (this.#isOutage) throw this.#error(what);
      return effect();
    }
    const { promise, resolve } = Promise.withResolvers<CallOutcome>();
    if (instance.alive) this.#waiting.push({ instance, what, resume: resolve });
    const outcome = await promise;
    if (outcome === 'fails before its effect') throw this.#error(what);
    const result = effect();
    if (outcome === 'fails after its effect') throw this.#error(what);
    return result;
  }

  crash(instance: Instance): void {
    if (!instance.alive) return;
    this.log(`${instance.name} crashes`);
    instance.alive = false;
    this.#alive.delete(instance);
    for (const call of this.#waiting.filter((waiting) => waiting.instance === instance)) {
      this.#waiting.splice(this.#waiting.indexOf(call), 1);
    }
  }

  /** Names of the instances that have not ended. */
  get running(): string[] {
    return [...this.#alive].map(({ name }) => name);
  }

  /** The number of waiting calls. */
  get waitingCalls(): number {
    return this.#waiting.length;
  }

  /** Executes the waiting call at `index`. */
  executeCall(index: number): void {
    const [call] = this.#waiting.splice(index, 1);
    if (!call) return;
    const drawn = OUTCOMES[this.#choices.below(OUTCOMES.length)] ?? 'no fault';
    const outcome = this.#isOutage ? 'fails before its effect' : drawn;
    if (outcome === 'crash') {
      this.crash(call.instance);
      return;
    }
    this.log(`${call.instance.name} ${call.what}${outcome === 'no fault' ? '' : `: ${outcome}`}`);
    call.resume(outcome);
  }

  advance(ms: number): void {
    this.now += ms;
    this.log(`${ms / 1000} s pass`);
    for (const instance of this.#alive) if (instance.deadline < this.now) this.crash(instance);
  }

  get #isOutage(): boolean {
    return !this.faultFree && this.outageUntil > this.now;
  }

  /** Resolves after all pending promises were processed. Every instance then waits for a call or has ended. */
  async settled(): Promise<void> {
    const tick = () => new Promise<void>((resolve) => process.nextTick(resolve));
    await tick();
    if (![...this.#alive].some(({ gathers }) => gathers)) return;
    await new Promise((resolve) => setImmediate(resolve));
    await tick();
  }

  #error(what: string): Error {
    const name = ERRORS[this.#errors++ % ERRORS.length] ?? '';
    return new ServiceError(name, what);
  }
}
