import type { Mutant } from './mutant.ts';

const folder = 'packages/kit/src/messaging/later';
const release = `${folder}/release.ts`;
const waiting = `${folder}/waiting.ts`;

/** Mutants of scheduled messages. */
export const laterMutants: Mutant[] = [
  {
    name: 'released-before-due',
    file: release,
    from: 'const isDue = early || (waiting && waiting.due <= now.toISOString());',
    to: 'const isDue = true;',
  },
  {
    name: 'due-immediately',
    file: `${folder}/due.ts`,
    from: 'new Date(now.getTime() + later.after * 1_000)',
    to: 'now',
  },
  {
    name: 'cancelled-message-sent',
    file: release,
    from: "ConditionExpression: 'messageId = :messageId AND due = :due AND committedAt = :committedAt',",
    to: '',
  },
  {
    name: 'two-releases-use-one-version',
    file: release,
    from: "ConditionExpression: before === undefined ? 'attribute_not_exists(#version)' : '#version = :before',",
    to: '',
  },
  {
    name: 'released-in-two-transactions',
    file: release,
    from: 'await transact(client, [removalOf(laterTable, waiting), ...(position ? [position.update] : []), row]);',
    to: 'await transact(client, [removalOf(laterTable, waiting)]); await transact(client, [...(position ? [position.update] : []), row]);',
  },
  {
    name: 'relay-publishes-scheduled-messages',
    file: 'packages/kit/src/messaging/queue-writes.ts',
    from: "if (later) return 'scheduled';",
    to: '',
  },
  {
    name: 'failed-cancellation-not-reported',
    file: waiting,
    from: "Delete: { ...deletion(key), ConditionExpression: 'attribute_exists(messageId)' },",
    to: 'Delete: deletion(key),',
  },
  {
    name: 'scheduled-message-kept-after-erasure',
    file: 'packages/kit/src/messaging/decision.ts',
    from: 'if (!isErased || !later) return puts;',
    to: 'return puts;',
  },
].map((mutant) => ({ ...mutant, breaks: ['later'], world: 'later' }));
