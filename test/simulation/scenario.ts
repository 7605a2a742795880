import fc from 'fast-check';
import type { Breakage } from './subscriber-model.ts';

/** What one client does: it registers a member, changes the profile so many times, and perhaps deactivates the member. */
export interface Script {
  phone: string;
  key: string;
  name: string;
  changes: number;
  /** Whether one request makes all the changes after the first, one right after the other. */
  inBurst: boolean;
  leaves: boolean;
}

/** One run: who does what, what is broken, and every decision on the way. */
export interface Scenario {
  scripts: Script[];
  breakages: Array<{ where: string; aggregate: number; version: number; breakage: Breakage }>;
  /** Receives after which the queues give a message up. */
  maxReceives: number;
  /** Whether a third subscriber comes late, somebody discards, messages come that nobody can read, or nobody ever sent. */
  late: boolean;
  discards: boolean;
  garbage: boolean;
  forged: boolean;
  choices: number[];
}

const script = fc.record({
  phone: fc.constantFrom('+34600000001', '+34600000002'),
  key: fc.constantFrom('key 1', 'key 2'),
  name: fc.constantFrom('Ana', 'Ana', 'Ana', 'Eva'),
  changes: fc.nat(4),
  inBurst: fc.boolean(),
  leaves: fc.boolean(),
});

const breakage = fc.record({
  where: fc.constantFrom('sms', 'guide', 'topic'),
  aggregate: fc.nat(1),
  version: fc.integer({ min: 1, max: 3 }),
  breakage: fc.constantFrom<Breakage>('for good', 'for now', 'fatally'),
});

const MOST_CHOICES = 300;

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  scripts: fc.array(script, { minLength: 1, maxLength: 3 }),
  breakages: fc.array(breakage, { maxLength: 1 }),
  maxReceives: fc.constantFrom(10, 3),
  late: fc.boolean(),
  discards: fc.boolean(),
  garbage: fc.boolean(),
  forged: fc.boolean(),
  choices: fc.array(fc.nat(9_999), { minLength: 20, maxLength: MOST_CHOICES, size: 'max' }),
});
