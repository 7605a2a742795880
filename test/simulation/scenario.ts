import fc from 'fast-check';
import type { Breakage } from './handlers.ts';

/**
 * The actions of one client. It registers a member, changes the profile, redeems points, and may deactivate the member.
 */
export interface Script {
  phone: string;
  key: string;
  name: string;
  changes: number;
  /** Whether one request makes all changes except the first, without a pause between them. */
  inBurst: boolean;
  redemptions: number;
  /** Whether the client waits until its pending redemptions have ended before it sends the next request. */
  waits: boolean;
  /** Seconds until an operation expires. */
  expiresIn: number;
  /** Whether the client deactivates the member at the end. */
  leaves: boolean;
}

/** The place where failures are injected: a subscriber, the topic, or a consumer of commands. */
export type Where = 'sms' | 'second' | 'topic' | 'points-commands';

/** One run: the clients' actions, the injected failures, and the random decisions of the schedule. */
export interface Scenario {
  scripts: Script[];
  /** The subscriber beside `sms`. Redemptions, commands, and replies to commands occur only with `points`. */
  second: 'guide' | 'points';
  breakages: Array<{ where: Where; aggregate: number; version: number; breakage: Breakage }>;
  /** The number of receives after which a queue moves a message to its dead-letter queue. */
  maxReceives: number;
  /** Whether a third subscriber joins late. */
  late: boolean;
  /** Whether an operator discards messages. */
  discards: boolean;
  /** Whether an unreadable message arrives. */
  garbage: boolean;
  /** Whether forged messages arrive. */
  forged: boolean;
  /** Whether an operator pauses or skips consumers. */
  switches: boolean;
  /** Whether all services are down at times. */
  outages: boolean;
  choices: number[];
}

const script = fc.record({
  phone: fc.constantFrom('+34600000001', '+34600000002'),
  key: fc.constantFrom('key 1', 'key 2'),
  name: fc.constantFrom('Ana', 'Ana', 'Ana', 'Eva'),
  changes: fc.constantFrom(0, 0, 1, 2, 3, 4),
  inBurst: fc.boolean(),
  redemptions: fc.nat(3),
  waits: fc.boolean(),
  expiresIn: fc.constantFrom(60, 600, 5),
  leaves: fc.boolean(),
});

const breakage = fc.record({
  where: fc.constantFrom<Where>('sms', 'second', 'topic', 'points-commands'),
  aggregate: fc.nat(1),
  version: fc.integer({ min: 1, max: 3 }),
  breakage: fc.constantFrom<Breakage>('permanent', 'temporary', 'held', 'crash'),
});

const MAX_CHOICES = 1_200;

export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    scripts: fc.array(script, { minLength: 1, maxLength: 3 }),
    second: fc.constantFrom<Scenario['second']>('guide', 'points', 'points'),
    breakages: fc.array(breakage, { maxLength: 2 }),
    maxReceives: fc.constantFrom(10, 3),
    late: fc.boolean(),
    discards: fc.boolean(),
    garbage: fc.boolean(),
    forged: fc.boolean(),
    switches: fc.boolean(),
    outages: fc.constantFrom(false, false, false, true),
    choices: fc.array(fc.nat(9_999), { minLength: 20, maxLength: MAX_CHOICES, size: 'max' }),
  })
  // Without the subscriber `points`, there are no redemptions.
  .map((scenario) =>
    scenario.second === 'points'
      ? scenario
      : { ...scenario, scripts: scenario.scripts.map((one) => ({ ...one, redemptions: 0 })) },
  );
