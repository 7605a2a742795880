import type { Mutant } from './mutant.ts';

const relay = 'packages/kit/src/messaging/relay.ts';
const sender = 'packages/kit/src/messaging/sender.ts';
const members = 'functions/registration/members.ts';

/** Mutants of committing and publishing. */
export const publishingMutants: Mutant[] = [
  {
    name: 'unconfirmed-row-deleted',
    breaks: ['G1', 'G2'],
    file: relay,
    from: 'else published.push(row);',
    to: 'published.push(row);',
  },
  {
    name: 'failed-entries-ignored',
    breaks: ['G1', 'G2'],
    file: sender,
    from: 'return confirmed.has(id) ? [] : [[message,',
    to: 'return confirmed.has(id) || true ? [] : [[message,',
  },
  {
    name: 'relay-publishes-only-the-stream-record',
    breaks: ['G2'],
    file: relay,
    from: 'return last.version === 1 ? [last] : outbox.pendingUpTo(last.aggregateId, last.version);',
    to: 'return [last];',
  },
  {
    name: 'relay-reads-past-the-doorbell',
    breaks: ['G2'],
    seed: 51,
    file: relay,
    from: 'outbox.pendingUpTo(last.aggregateId, last.version)',
    to: 'outbox.pendingUpTo(last.aggregateId, Number.MAX_SAFE_INTEGER)',
  },
  {
    name: 'relay-publishes-all-versions-at-once',
    breaks: ['G2'],
    file: relay,
    from: 'queues.flatMap((queue) => queue[wave] ?? [])',
    to: 'wave === 0 ? queues.flat() : []',
  },
  {
    name: 'relay-continues-after-a-failure',
    breaks: ['G2'],
    file: relay,
    from: 'queues.filter(([first]) => first && !failed.has(first.aggregateId))',
    to: 'queues.filter(([first]) => first)',
  },
  {
    name: 'idempotency-key-ignored',
    breaks: ['G6'],
    file: members,
    from: 'if (!idempotencyKey || existing.idempotencyKey !== idempotencyKey) {',
    to: 'if (existing) {',
  },
  {
    name: 'replay-returns-a-new-member',
    breaks: ['G6'],
    file: members,
    from: 'member: { ...member, id: existing.holder, registeredAt: existing.registeredAt }',
    to: 'member',
  },
];
