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
    name: 'leaving-dropped',
    breaks: ['erasure'],
    file: parking,
    from: 'if (parked.version < last.version) return single.drop(parked, policy);',
    to: 'if (parked.version <= last.version) return single.drop(parked, policy);',
  },
  {
    name: 'leaving-waits-for-what-failed',
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
    name: 'kept-for-being-later',
    breaks: ['erasure'],
    file: cursor,
    from: "if (cursor.erased) return { action: 'acknowledge' };",
    to: '',
  },
  {
    name: 'what-follows-is-applied-after-leaving',
    breaks: ['erasure'],
    seed: 3,
    file: `${store}/cursor.ts`,
    from: "'#version = :after AND attribute_not_exists(erased)'",
    to: "'#version = :after'",
  },
  {
    name: 'leaving-moves-the-cursor-only',
    breaks: ['erasure'],
    file: `${store}/cursor.ts`,
    from: '...(next.erased && { erased: true }),',
    to: '',
  },
  {
    name: 'discarded-is-kept-after-leaving',
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
    name: 'contact-kept-after-leaving',
    breaks: ['erasure'],
    file: 'functions/sms/welcome.ts',
    from: "remove: ['phone', 'country', 'locale', 'phonePseudonym'],",
    to: 'remove: [],',
  },
  {
    name: 'leaving-waits-for-a-person',
    breaks: ['erasure'],
    file: parking,
    from: '{ ...policy, released: true, isOff: false }',
    to: 'policy',
  },
  {
    name: 'skipped-is-applied',
    breaks: ['holding'],
    file: applier,
    from: 'if (options.held) throw options.held;',
    to: '',
  },
  {
    name: 'held-is-redriven-without-release',
    breaks: ['holding'],
    file: `${parkingParts}/policy.ts`,
    from: "if (reason === 'held') return released;",
    to: "if (reason === 'held') return true;",
  },
  {
    name: 'switched-off-is-swept',
    breaks: ['holding'],
    file: `${parkingParts}/policy.ts`,
    from: 'if (isOff) return false;',
    to: '',
  },
  {
    name: 'released-by-nobody',
    breaks: ['holding'],
    seed: 47,
    file: `${parkingParts}/retry.ts`,
    from: 'const attempted = await attempt(parked, { mayAdopt, released, redriven });',
    to: 'const attempted = await attempt(parked, { mayAdopt, released: true, redriven });',
  },
];
