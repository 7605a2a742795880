import { registrationSchedules } from './registrations.ts';
import { shopSchedules } from './shop.ts';
import { type RunOne, shortest, type Trace } from './trace.ts';

interface Picture {
  title: string;
  run: RunOne;
  /** Patterns that the picture's steps must match, in this order. */
  patterns: readonly RegExp[];
}

const SCHEDULES = 400;

/** One picture per guarantee, by name of its page in `docs/concepts/`. */
export const pictures: Readonly<Record<string, Picture>> = {
  'g1-nothing-is-lost': {
    title: 'The relay crashes after it has published a row, and before it deletes the row',
    run: shopSchedules({ messages: 2 }),
    patterns: [
      /relay-\d+ publishes order-events\/order\/1/,
      /relay-\d+ crashes/,
      /(relay|outbox-sweep)-\d+ publishes order-events\/order\/1/,
      /updates stock order stock on v1/,
    ],
  },
  'g2-published-in-order': {
    title: 'A publication fails, and later messages wait',
    run: shopSchedules({ messages: 3 }),
    patterns: [
      /publishes order-events\/order\/1: fails before its effect/,
      /publishes order-events\/order\/1/,
      /publishes order-events\/order\/2/,
    ],
  },
  'g3-applied-exactly-once': {
    title: 'A consumer crashes after it has applied a message, and the message is redelivered',
    run: shopSchedules({ messages: 2 }),
    patterns: [
      /delivers order v1 .*order v2/,
      /updates stock order stock on v0$/,
      /stock-consume-\d+ crashes/,
      /delivers order v1 .*\(receive 2\)/,
      /updates stock order stock on v0/,
      /updates stock order stock on v1/,
    ],
  },
  'g4-failure-keeps-the-order': {
    title: 'The second message fails permanently, and the third waits behind it',
    run: shopSchedules({ messages: 3, brokenForMinutes: 30 }),
    patterns: [
      /puts stock order parked#0*2#/,
      /puts stock order parked#0*3#/,
      /updates stock order stock on v1/,
      /updates stock order stock on v2/,
    ],
  },
  'g5-calls-at-least-once': {
    title: 'The response of a provider is lost, and the provider is called again with the same key',
    run: shopSchedules({ messages: 1, calls: true }),
    patterns: [/calls provider: .*: fails after its effect/, /\(receive 2\)/, /calls provider/, /updates stock/],
  },
  'g6-registered-once': {
    title: 'The response to a registration is lost, and the client repeats the request with the same key',
    run: registrationSchedules,
    patterns: [
      /register-1 puts .*: fails after its effect/,
      /register-\d+ starts/,
      /register-[2-9] puts /,
      /delivers #\d+ v1 /,
    ],
  },
};

/** @throws {Error} if the steps of no schedule match the patterns, or if a schedule violates a guarantee */
export const traceOf = ({ title, run, patterns }: Picture): Promise<Trace> =>
  shortest(title, run, { patterns, schedules: SCHEDULES });
