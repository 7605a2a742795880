import { randomOf } from './random.ts';

const { Date: RealDate } = globalThis;

const dateAt = (now: () => number): DateConstructor =>
  new Proxy(RealDate, {
    construct: (target, given) => Reflect.construct(target, given.length === 0 ? [now()] : given),
    apply: () => new RealDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });

/** Runs something synchronous while the wall clock shows another time. */
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
 * Runs something while the wall clock shows simulated time and `Math.random` is the same in every run: what reads them
 * does so again when the schedule is run alone. They are of the whole process, so one at a time.
 */
export async function withGlobals<T>(now: () => number, run: () => Promise<T>): Promise<T> {
  const { Date: before } = globalThis;
  const { random } = Math;
  const { stackTraceLimit } = Error;
  globalThis.Date = dateAt(now);
  Math.random = randomOf(1);
  // Thousands of errors are thrown on purpose, and nobody reads where.
  Error.stackTraceLimit = 0;
  try {
    return await run();
  } finally {
    globalThis.Date = before;
    Math.random = random;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
