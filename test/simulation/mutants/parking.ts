import type { Mutant } from './mutant.ts';

const parking = 'packages/kit/src/messaging/parking.ts';
const parkingParts = 'packages/kit/src/messaging/parking';
const parked = 'packages/kit/src/messaging/parked.ts';
const subscriber = 'packages/kit/src/messaging/subscriber.ts';

/** Mutants of parking and retries. */
export const parkingMutants: Mutant[] = [
  {
    name: 'early-subscriber-adopts',
    // The sweep or a discard sets a baseline above version 1, so version 1 is not applied.
    breaks: ['G3', 'G4'],
    file: `${parkingParts}/policy.ts`,
    from: 'joinsLate && ageOf(parked, now) >= ADOPT_AFTER_MS',
    to: 'ageOf(parked, now) >= ADOPT_AFTER_MS',
  },
  {
    name: 'late-subscriber-never-adopts',
    breaks: ['G4'],
    file: `${parkingParts}/policy.ts`,
    from: 'joinsLate && ageOf(parked, now) >= ADOPT_AFTER_MS',
    to: 'false',
  },
  {
    name: 'dead-letters-dropped',
    breaks: ['G1'],
    file: 'packages/kit/src/messaging/subscriber/tries.ts',
    from: 'await park(envelope, delivery, suspect, { attempts: delivery.receives, unanswered: 1 });',
    to: '',
  },
  {
    name: 'unreadable-message-dropped',
    breaks: ['G1'],
    file: subscriber,
    from: 'await parkUnreadable(delivery, error);',
    to: '',
  },
  {
    name: 'unparked-before-applied',
    breaks: ['G1'],
    file: `${parkingParts}/retry.ts`,
    from: "await store.park({ ...parked, reason, attempts, unanswered, nextTryAt: writer.nextTry(attempts) }, 'known');",
    to: 'await store.unpark(parked);',
  },
  {
    name: 'redrive-out-of-order',
    seed: 3,
    breaks: ['G4'],
    file: parking,
    from: 'const queue = await store.parkedOf(aggregateId);\n      const last',
    to: 'const queue = (await store.parkedOf(aggregateId)).toReversed();\n      const last',
  },
  {
    name: 'sweep-never-retries',
    breaks: ['G4'],
    file: `${parkingParts}/policy.ts`,
    from: "return (reason === 'retry' || reason === 'unsent') && Date.parse(nextTryAt) <= now.getTime();",
    to: 'return false;',
  },
  {
    name: 'old-parked-message-not-reported',
    breaks: ['G4'],
    file: parked,
    from: "(parked.reason !== 'held' && isOld(parked, now))",
    to: 'false',
  },
  {
    name: 'age-reset-at-each-attempt',
    breaks: ['G4'],
    file: `${parkingParts}/retry.ts`,
    from: 'attempted, { attempts, parkedAt: parked.parkedAt }',
    to: 'attempted, { attempts }',
  },
  {
    name: 'crashes-not-counted',
    breaks: ['rest', 'G4'],
    seed: 7,
    file: `${parkingParts}/retry.ts`,
    from: 'const unanswered = (parked.unanswered ?? 0) + 1;',
    to: 'const unanswered = 1;',
  },
  {
    name: 'discard-out-of-order',
    breaks: ['G1', 'G3', 'G4', 'rest'],
    seed: 2,
    file: 'packages/kit/src/messaging/discard.ts',
    from: "if (decision.action === 'apply') return { after: decision.after, next: { version } };",
    to: "if (decision.action !== 'adopt') return { after: version - 1, next: { version } };\n    return { after: 0, next: { version } };",
  },
  {
    name: 'dead-letter-deleted-without-parking',
    breaks: ['G1'],
    seed: 10,
    file: 'packages/kit/src/messaging/dead-letters.ts',
    from: 'return false;',
    to: 'return true;',
  },
];
