import type { Mutant } from './mutant.ts';

const advance = 'packages/kit/src/messaging/process/advance.ts';
const change = 'packages/kit/src/messaging/applier/change.ts';
const consequences = 'packages/kit/src/messaging/applier/consequences.ts';
const parking = 'packages/kit/src/messaging/parking';

/** Mutants of commands, operations and replies. */
export const replyMutants: Mutant[] = [
  {
    name: 'reply-lost-in-a-crash',
    breaks: ['answer', 'erasure', 'operation'],
    file: consequences,
    from: 'if (sender) await send(key, await store.unsent(key), unsent ?? (envelope ? await derive(key, envelope) : []));',
    to: '',
  },
  {
    name: 'reply-deleted-before-sending',
    breaks: ['answer', 'erasure', 'operation'],
    seed: 26,
    file: consequences,
    from: 'const errors = await sender.send(messages);',
    to: `await store.sent(position, []);
    const errors = await sender.send(messages);`,
  },
  {
    name: 'reply-of-a-parked-message-not-sent',
    breaks: ['answer', 'erasure', 'operation'],
    seed: 216,
    file: `${parking}/completion.ts`,
    from: 'await applier.complete({ ...parked, ...(isUnsent ? {} : envelopeIn(parked)) });',
    to: '',
  },
  {
    name: 'duplicate-derives-no-reply',
    breaks: ['answer', 'erasure'],
    file: consequences,
    from: 'unsent ?? (envelope ? await derive(key, envelope) : [])',
    to: 'unsent ?? []',
  },
  {
    name: 'parked-duplicate-derives-no-reply',
    breaks: ['answer', 'erasure'],
    file: `${parking}/completion.ts`,
    from: '...(isUnsent ? {} : envelopeIn(parked))',
    to: '',
  },
  {
    name: 'dead-letter-derives-no-reply',
    breaks: ['answer', 'erasure'],
    seed: 34,
    file: 'packages/kit/src/messaging/subscriber/park-dead-letter.ts',
    from: 'await applier.complete({ ...position, messageId: envelope.id, type: envelope.type, envelope });',
    to: '',
  },
  {
    name: 'unsent-messages-not-stored',
    breaks: ['answer', 'erasure'],
    seed: 14,
    file: `${parking}/parking-writer.ts`,
    from: '...(error instanceof UnsentError && error.unsent.length > 0 && { unsent: error.unsent }),',
    to: '',
  },
  {
    name: 'discarded-version-gets-a-reply',
    // With this mutant, the kit tries forever to derive a reply from a version that was not applied.
    breaks: ['answer', 'G4', 'rest'],
    seed: 2,
    file: consequences,
    from: 'if (await store.isGivenUp(key)) return [];',
    to: '',
  },
  {
    name: 'reply-acknowledged-before-its-write',
    breaks: ['answer', 'erasure'],
    file: 'packages/kit/src/messaging/state-changes.ts',
    from: 'if (once) await setOnce(once);',
    to: 'if (once) setOnce(once).catch(() => {});',
  },
  {
    name: 'replies-of-a-batch-overwrite-each-other',
    breaks: ['answer', 'erasure'],
    file: 'packages/kit/src/messaging/state-changes.ts',
    from: '...changes.map(({ once }) => once.attributes).reverse()',
    to: 'once.attributes',
  },
  {
    name: 'refused-condition-acknowledged',
    breaks: ['operation'],
    seed: 7,
    file: change,
    from: 'if (await store.change({ writes, ...(setOnce && { setOnce }) })) return true;',
    to: 'return store.change({ writes, ...(setOnce && { setOnce }) });',
  },
  {
    name: 'outcome-written-without-a-condition',
    breaks: ['operation'],
    seed: 107,
    file: 'packages/kit/src/messaging/process/writes.ts',
    from: 'attributes?.(next.data)), version);',
    to: 'attributes?.(next.data)), version);\n    if (version > 0) delete put.ConditionExpression;',
  },
  {
    name: 'late-reply-keeps-the-points',
    breaks: ['operation'],
    file: advance,
    from: 'return awaited ? { process: lateSuccess, sends: false } : advance(lateSuccess, now);',
    to: 'return { process: lateSuccess, sends: false };',
  },
  {
    name: 'late-reply-ends-the-operation',
    breaks: ['operation'],
    file: advance,
    from: 'if (expiredBefore) return afterReply(expiredBefore.process, reply, now);',
    to: '',
  },
  {
    name: 'late-reply-reopens-the-operation',
    breaks: ['operation'],
    file: advance,
    from: 'return awaited ? { process: lateSuccess, sends: false } : advance(lateSuccess, now);',
    to: 'const { because: _, ...revived } = lateSuccess;\n    return advance(revived, now);',
  },
  {
    name: 'points-returned-for-every-duplicate',
    breaks: ['operation'],
    seed: 12,
    file: advance,
    from: 'const lateSuccess = { ...process, unknown, done',
    to: 'const lateSuccess = { ...process, done',
  },
  {
    name: 'points-returned-outside-the-transaction',
    breaks: ['operation'],
    seed: 100,
    file: 'packages/kit/src/messaging/process/writes.ts',
    from: 'return [{ Put: put }, ...others];',
    to: `if (others.length === 0) return [{ Put: put }];
      await writer.commit({ put }, context);
      return others;`,
  },
  {
    name: 'commands-not-numbered',
    breaks: ['operation', 'rest', 'G1', 'G2', 'G4'],
    file: 'packages/kit/src/messaging/queue-writes.ts',
    from: "UpdateExpression: 'SET sent = :version',",
    to: "UpdateExpression: 'SET latest = :version',",
  },
  {
    // If the function crashes between the two writes, the booking is refused in every later attempt.
    name: 'booked-without-a-cursor-update',
    breaks: ['operation', 'G4'],
    seed: 3,
    file: 'packages/kit/src/messaging/dynamodb-subscriber-store/claim.ts',
    from: 'await transact(client, [{ Update: item }, ...writes]);',
    to: 'await transact(client, [...writes]);\n        await client.send(new UpdateCommand(input));',
  },
  {
    name: 'reply-adds-to-the-existing-value',
    breaks: ['answer'],
    file: 'packages/kit/src/messaging/state-changes.ts',
    from: `    UpdateExpression: \`SET \${all.map((_, i) => \`#a\${i} = if_not_exists(#a\${i}, :a\${i})\`).join(', ')}\`,
    ExpressionAttributeNames: Object.fromEntries(all.map(([name], i) => [\`#a\${i}\`, name])),
    ExpressionAttributeValues: Object.fromEntries(all.map(([, value], i) => [\`:a\${i}\`, value])),`,
    to: `    UpdateExpression: \`ADD \${all.map((_, i) => \`#a\${i} :a\${i}\`).join(', ')}\`,
    ExpressionAttributeNames: Object.fromEntries(all.map(([name], i) => [\`#a\${i}\`, name])),
    ExpressionAttributeValues: Object.fromEntries(all.map((_, i) => [\`:a\${i}\`, 1])),`,
  },
  {
    name: 'older-rendition-derives-no-reply',
    breaks: ['answer', 'erasure'],
    seed: 44,
    file: consequences,
    from: 'handlers(readAs.type)?.follows;',
    to: 'handlers(envelope.type)?.follows;',
  },
  {
    name: 'own-commit-treated-as-foreign',
    breaks: ['answer', 'erasure', 'operation'],
    seed: 18,
    file: 'packages/kit/src/messaging/dynamodb-subscriber-store/claim.ts',
    from: 'if (item && wasRetried(error) && isOwn(item)) return read(item);',
    to: '',
  },
];
