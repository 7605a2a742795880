import fc from 'fast-check';

/** The name of a scheduled message. Undefined: the message has only its ID as its name. */
type Name = 'a' | 'b' | undefined;

/** A client's action on an order: send a message now or later, cancel a message, or delete the order. */
export type Step =
  | { act: 'send' }
  | { act: 'send later'; what: 'event' | 'command' | 'label'; seconds: number; name: Name }
  /** `alone`: whether the cancellation is a separate write. Otherwise, it is part of the transaction of a change. */
  | { act: 'cancel'; name: 'a' | 'b'; alone: boolean }
  | { act: 'forget' };

/** Concurrent clients. Each client changes one order, which other clients may change too. */
export interface LaterScenario {
  clients: Array<{ order: 0 | 1; steps: Step[] }>;
  outages: boolean;
  choices: number[];
}

const name = fc.constantFrom('a' as const, 'a' as const, 'b' as const);
const sendLater = fc.record({
  act: fc.constant('send later' as const),
  what: fc.constantFrom('event' as const, 'command' as const, 'command' as const, 'label' as const),
  seconds: fc.constantFrom(0, 0, 10, 60, 600),
  name: fc.option(name, { nil: undefined }),
});
const cancel = fc.record({ act: fc.constant('cancel' as const), name, alone: fc.boolean() });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: sendLater },
  { weight: 5, arbitrary: fc.constant({ act: 'send' as const }) },
  { weight: 3, arbitrary: cancel },
  { weight: 1, arbitrary: fc.constant({ act: 'forget' as const }) },
);

const MAX_CHOICES = 600;

export const laterScenarios: fc.Arbitrary<LaterScenario> = fc.record({
  clients: fc.array(
    fc.record({
      order: fc.constantFrom(0 as const, 0 as const, 1 as const),
      steps: fc.array(step, { minLength: 1, maxLength: 12 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  outages: fc.constantFrom(false, false, false, true),
  choices: fc.array(fc.nat(9_999), { minLength: 20, maxLength: MAX_CHOICES, size: 'max' }),
});
