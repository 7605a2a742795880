import type { Mutant } from './mutant.ts';

const store = 'packages/kit/src/messaging/dynamodb-subscriber-store';
const parkingParts = 'packages/kit/src/messaging/parking';
const applier = 'packages/kit/src/messaging/applier.ts';
const commit = 'packages/kit/src/messaging/applier/commit.ts';
const consequences = 'packages/kit/src/messaging/applier/consequences.ts';
const parking = 'packages/kit/src/messaging/parking.ts';
const cursor = 'packages/kit/src/messaging/cursor.ts';

/** Mutants of erasure, holds and switches. */
export const erasureMutants: Mutant[] = [
  {
    name: 'deactivation-dropped',
    breaks: ['erasure'],
    file: parking,
    from: 'if (parked.version < last.version) return single.drop(parked, policy);',
    to: 'if (parked.version <= last.version) return single.drop(parked, policy);',
  },
  {
    name: 'deactivation-waits-for-a-failed-message',
    breaks: ['erasure'],
    file: parking,
    from: 'if (parked.version < last.version) return single.drop(parked, policy);',
    to: '',
  },
  {
    name: 'nothing-erased',
    breaks: ['erasure'],
    file: commit,
    from: 'if (erases) await store.eraseLeft(aggregateId, message.id);',
    to: '',
  },
  {
    name: 'later-version-kept-after-erasure',
    breaks: ['erasure'],
    file: cursor,
    from: "if (cursor.erased) return { action: 'acknowledge' };",
    to: '',
  },
  {
    name: 'event-applied-after-erasure',
    breaks: ['erasure'],
    seed: 3,
    file: `${store}/cursor.ts`,
    from: "'#version = :after AND attribute_not_exists(erased)'",
    to: "'#version = :after'",
  },
  {
    name: 'deactivation-not-recorded-as-erasure',
    breaks: ['erasure'],
    file: `${store}/cursor.ts`,
    from: '...(next.erased && { erased: true }),',
    to: '',
  },
  {
    name: 'discarded-message-kept-after-erasure',
    breaks: ['erasure'],
    file: `${store}/erasure.ts`,
    from: 'for (const prefix of [DISCARDED, PARKED]) {',
    to: 'for (const prefix of [PARKED]) {',
  },
  {
    name: 'confirmation-lost-in-a-crash',
    breaks: ['erasure'],
    file: consequences,
    from: 'if (cursor?.erased && cursor.version !== key.version) return [];',
    to: 'if (cursor?.erased) return [];',
  },
  {
    name: 'operations-not-erased',
    breaks: ['erasure'],
    file: 'functions/registration/replies.ts',
    from: 'await eraseOperationsOf(memberId);',
    to: '',
  },
  {
    name: 'contact-kept-after-erasure',
    breaks: ['erasure'],
    file: 'functions/sms/welcome.ts',
    from: "remove: ['phone', 'country', 'locale', 'phonePseudonym'],",
    to: 'remove: [],',
  },
  {
    name: 'deactivation-waits-for-an-operator',
    breaks: ['erasure'],
    file: parking,
    from: '{ ...policy, released: true, isOff: false }',
    to: 'policy',
  },
  {
    name: 'skipped-message-applied',
    breaks: ['holding'],
    file: applier,
    from: 'if (options.held) throw options.held;',
    to: '',
  },
  {
    name: 'held-message-redriven-without-release',
    breaks: ['holding'],
    file: `${parkingParts}/policy.ts`,
    from: "if (reason === 'held') return released;",
    to: "if (reason === 'held') return true;",
  },
  {
    name: 'sweep-retries-a-switched-off-capability',
    breaks: ['holding'],
    file: `${parkingParts}/policy.ts`,
    from: 'if (isOff) return false;',
    to: '',
  },
  {
    name: 'held-message-released-without-an-operator',
    breaks: ['holding'],
    seed: 47,
    file: `${parkingParts}/retry.ts`,
    from: 'const attempted = await attempt(parked, { mayAdopt, released, redriven });',
    to: 'const attempted = await attempt(parked, { mayAdopt, released: true, redriven });',
  },
];
