import { randomOf } from './random.ts';

const { Date: RealDate } = globalThis;

const dateAt = (now: () => number): DateConstructor =>
  new Proxy(RealDate, {
    construct: (target, given) => Reflect.construct(target, given.length === 0 ? [now()] : given),
    apply: () => new RealDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });

/** Runs a synchronous function while `Date` shows the given time. */
export function atTime<T>(now: number, run: () => T): T {
  const { Date: before } = globalThis;
  globalThis.Date = dateAt(() => now);
  try {
    return run();
  } finally {
    globalThis.Date = before;
  }
}

/**
 * Runs a function while `Date` shows simulated time and `Math.random` is deterministic, so that the result of a
 * schedule does not depend on earlier schedules. Meanwhile, errors have no stack traces. All of these settings are
 * global to the process, so only one schedule can run at a time.
 */
export async function withGlobals<T>(now: () => number, run: () => Promise<T>): Promise<T> {
  const { Date: before } = globalThis;
  const { random } = Math;
  const { stackTraceLimit } = Error;
  globalThis.Date = dateAt(now);
  Math.random = randomOf(1);
  // A schedule throws thousands of errors on purpose, and nothing reads their stacks.
  Error.stackTraceLimit = 0;
  try {
    return await run();
  } finally {
    globalThis.Date = before;
    Math.random = random;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
