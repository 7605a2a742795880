import type { Mutant } from './mutant.ts';

const applier = 'packages/kit/src/messaging/applier.ts';
const commit = 'packages/kit/src/messaging/applier/commit.ts';
const consumer = 'packages/kit/src/messaging/consumer.ts';
const tries = 'packages/kit/src/messaging/subscriber/tries.ts';
const cursor = 'packages/kit/src/messaging/cursor.ts';

/** Mutants of applying messages once and in order. */
export const applyingMutants: Mutant[] = [
  {
    name: 'no-gap-check',
    breaks: ['G3'],
    file: cursor,
    from: "if (version > cursor.version) return { action: 'park', because: 'gap' };",
    to: "if (version > cursor.version) return { action: 'apply', after: cursor.version };",
  },
  {
    name: 'duplicates-applied',
    breaks: ['G3'],
    file: cursor,
    from: ": { action: 'acknowledge' };",
    to: ": { action: 'apply', after: cursor.version };",
  },
  {
    name: 'effect-committed-before-the-cursor',
    // If the function crashes between the two commits, the next attempt applies the effect again (G3), or the
    // conditional writes of the effect fail in every later attempt (G4).
    breaks: ['G3', 'G4'],
    file: commit,
    from: 'const claim = await store.commit(aggregateId, expectedVersion, next, { ...effect, set });',
    to: `const early = await store.commit(aggregateId, expectedVersion, { version: expectedVersion }, { ...effect, set });
    const claim = early.state === 'done' ? await store.commit(aggregateId, expectedVersion, next, {}) : early;`,
  },
  {
    name: 'cursor-committed-before-the-effect',
    breaks: ['G1', 'G3'],
    file: commit,
    from: 'const claim = await store.commit(aggregateId, expectedVersion, next, { ...effect, set });',
    to: `const claimed = await store.commit(aggregateId, expectedVersion, next, {});
    const claim = claimed.state === 'done' ? await store.commit(aggregateId, next.version, next, { ...effect, set }) : claimed;`,
  },
  {
    name: 'other-rendition-moves-the-cursor',
    breaks: ['G1', 'G3'],
    seed: 2,
    file: applier,
    from: "if (isOtherRendition(envelope, contracts)) return { outcome: 'ignored' };",
    to: `if (isOtherRendition(envelope, contracts)) {
        await store.commit(envelope.subject, 0, { version: 1 }, {});
        return { outcome: 'ignored' };
      }`,
  },
  {
    name: 'state-of-another-version',
    breaks: ['G3'],
    file: commit,
    from: 'if ((cursor?.version ?? 0) !== expectedVersion || cursor?.erased) throw new CursorMoved(cursor);',
    to: '',
  },
  {
    name: 'failed-batch-acknowledged',
    breaks: ['G1'],
    file: consumer,
    from: 'return returnToQueue(records.slice(index), error as Error);',
    to: 'return;',
  },
  {
    name: 'gap-acknowledged',
    breaks: ['G1'],
    file: tries,
    from: "if (attempted.outcome === 'parked') await park(envelope, delivery, attempted, { attempts: triesOf(receives) });",
    to: "if (attempted.outcome === 'parked' && attempted.reason !== 'gap') await park(envelope, delivery, attempted, { attempts: 1 });",
  },
  {
    name: 'permanent-failure-acknowledged',
    breaks: ['G1'],
    file: applier,
    from: "return { outcome: 'parked', reason: error instanceof HeldError ? 'held' : 'failed', error };",
    to: "return { outcome: 'duplicate' };",
  },
  {
    name: 'permanent-failure-skipped',
    breaks: ['G1', 'G4'],
    file: applier,
    from: "return { outcome: 'parked', reason: error instanceof HeldError ? 'held' : 'failed', error };",
    to: `await store.commit(position.aggregateId, position.version - 1, { version: position.version }, {});
    return { outcome: 'parked', reason: 'failed', error };`,
  },
  {
    name: 'committed-before-the-call',
    breaks: ['G5'],
    file: commit,
    from: 'const leased = await store.lease(aggregateId, expectedVersion, lease);',
    to: 'const leased = await store.commit(aggregateId, expectedVersion, next, effect);',
  },
  {
    name: 'lease-ignored',
    breaks: ['G5'],
    seed: 21,
    file: commit,
    from: "if (leased.state !== 'done') return leased;",
    to: '',
  },
  {
    name: 'sms-sent-twice',
    breaks: ['G5'],
    file: commit,
    from: 'await withinBudget(remainingMs, runCall);',
    to: '(await Promise.all([call(false), call(false)]))[0];',
  },
  {
    name: 'new-idempotency-key-for-each-attempt',
    breaks: ['G5'],
    file: 'functions/sms/welcome.ts',
    from: 'idempotencyKey: id',
    to: 'idempotencyKey: `${id} ${performance.now()}`',
  },
];
