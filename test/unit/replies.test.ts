import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import { createMessage, type MessageInput } from '@rollcall/kit/internal/messaging/message';
import { createSubscriber } from '@rollcall/kit/internal/messaging/subscriber';
import { InMemorySubscriberStore } from '@rollcall/kit/testing';
import { describe, expect, it } from 'vitest';
import type { Operation } from '../../functions/registration/operation.ts';
import { outcomeHandlers } from '../../functions/registration/outcomes.ts';
import { replyHandlers } from '../../functions/registration/replies.ts';
import { registrationOutcomes, registrationReplies } from '../../shared/contracts/channels.ts';
import { memberDataErased } from '../../shared/contracts/member-data-erased.v1.ts';
import { pointsReturned } from '../../shared/contracts/points-returned.v1.ts';
import { redemptionSettled } from '../../shared/contracts/redemption-settled.v1.ts';
import { memberIdOf, TIME } from '../support/builders.ts';

const [MEMBER, OTHER] = [memberIdOf(1), memberIdOf(2)];
const now = () => TIME;
const at = TIME.toISOString();
const OPERATION: Operation = {
  ...{ id: 'operation', memberId: MEMBER, points: 40, fingerprint: '', createdAt: at },
  ...{ deadline: new Date(TIME.getTime() + 60_000).toISOString(), outcome: { state: 'pending' } },
};

/** The consumers of answers, beside an operation, and members of whom some have left. */
function replies(operation: Operation, left: readonly string[] = []) {
  const done: string[] = [];
  let refusals = 0;
  const write = (what: string) => ({ Put: { what } });
  const store = {
    find: async (id: string) => (id === operation.id ? operation : undefined),
    hasLeft: async (memberId: string) => left.includes(memberId),
    deleteWrite: () => write('deleted'),
    changeWrite: (_: Operation, { state }: Operation['outcome']) => write(state),
    eraseOf: async () => void done.push('erased'),
  } as never;
  const erasures: Record<string, object> = {
    [MEMBER]: { requestedAt: at, services: ['points', 'sms'] },
  };
  const client = {
    send: async ({ input }: { input: { Key: { pk: string } } }) => ({
      Item: erasures[input.Key.pk.slice('erasure#'.length)],
    }),
  } as never;
  const table = new InMemorySubscriberStore();
  table.change = async ({ writes = [], setOnce }) => {
    if (refusals-- > 0) return false;
    for (const { Put } of writes) done.push((Put as unknown as { what: string }).what);
    if (setOnce) done.push(...Object.keys(setOnce.attributes));
    return true;
  };
  let ids = 0;
  const newId = () => `id-${++ids}`;
  const common = {
    store: table,
    queueName: 'replies',
    joinsLate: false,
    idempotent: true,
    now,
    newId,
    random: () => 0,
  };
  const outcomes = createSubscriber({
    ...common,
    ...{ contracts: registrationOutcomes.messages, channel: registrationOutcomes },
    handlers: outcomeHandlers({ store, now, newId }),
  });
  const replies = createSubscriber({
    ...common,
    ...{ contracts: registrationReplies.messages, channel: registrationReplies },
    handlers: replyHandlers({ client, store, membersTable: 'members' }),
  });
  return {
    done,
    table,
    refuse: (times: number) => {
      refusals = times;
    },
    /** @returns why it was parked, if it was */
    async take<C extends MessageContract>(
      contract: C,
      data: MessageInput<C>['data'],
      { source = '/rollcall/points', subject = MEMBER, correlationId = OPERATION.id } = {},
    ): Promise<string | undefined> {
      const message = createMessage(contract, { id: newId(), source, subject, time: TIME, data, correlationId });
      const isReply = registrationReplies.messages.some(({ type }) => type === contract.type);
      await (isReply ? replies : outcomes).apply({
        body: JSON.stringify(message),
        receives: 1,
        queueMessageId: message.id,
      });
      return [...table.waiting.values()][0]?.error;
    },
  };
}

const settled = (memberId: string, points = 40) => ({
  ...({ memberId, points, outcome: 'succeeded', balance: 60, settledAt: at } as const),
});
const returned = (memberId: string, points = 40) => ({ memberId, points, balance: 100, returnedAt: at });
const expired: Operation = { ...OPERATION, outcome: { state: 'expired', lateAnswer: 'succeeded' } };

describe('an answer to a redemption', () => {
  it('ends the operation that it names, if it is about its member and points', async () => {
    const { take, done } = replies(OPERATION);
    expect(await take(redemptionSettled, settled(MEMBER))).toBeUndefined();
    expect(done).toEqual(['succeeded']);
  });

  it('is read again, and tried again, when its operation was changed at the same moment', async () => {
    const { take, done, refuse } = replies(OPERATION);
    refuse(2);
    expect(await take(redemptionSettled, settled(MEMBER))).toBeUndefined();
    expect(done).toEqual(['succeeded']);
  });

  it('comes again when it is refused time after time, for nobody knows what it has to say by then', async () => {
    const { take, done, refuse } = replies(OPERATION);
    refuse(5);
    await expect(take(redemptionSettled, settled(MEMBER))).rejects.toThrow('is being changed by others');
    expect(done).toEqual([]);
  });

  it('leaves no cursor behind', async () => {
    const { take, table } = replies(OPERATION);
    await take(redemptionSettled, settled(MEMBER));
    expect([table.cursors.size, table.effects.length]).toEqual([0, 0]);
  });

  it.each([
    ['another member', redemptionSettled, settled(OTHER), OTHER, "is another member's"],
    ['other points', redemptionSettled, settled(MEMBER, 1), MEMBER, 'is about other points'],
    ['another member, gone back', pointsReturned, returned(OTHER), OTHER, "is another member's"],
    ['other points, gone back', pointsReturned, returned(MEMBER, 1), MEMBER, 'is about other points'],
  ])('is parked, and does nothing, if it is about %s', async (_, contract, data, subject, why) => {
    const { take, done } = replies(contract === pointsReturned ? expired : OPERATION);
    expect(await take(contract as MessageContract, data, { subject })).toContain(why);
    expect(done).toEqual([]);
  });

  it('does not delete an operation in the name of another member, who has left', async () => {
    const { take, done } = replies(OPERATION, [OTHER]);
    expect(await take(redemptionSettled, settled(OTHER), { subject: OTHER })).toContain("is another member's");
    expect(done).toEqual([]);
  });

  it('deletes the operation of a member who has left, and is no news when that was erased before', async () => {
    const { take, done } = replies(OPERATION, [MEMBER]);
    expect(await take(redemptionSettled, settled(MEMBER))).toBeUndefined();
    expect(await take(redemptionSettled, settled(MEMBER), { correlationId: 'erased' })).toBeUndefined();
    expect(done).toEqual(['deleted']);
  });

  it('is parked if it answers nothing', async () => {
    const { take } = replies(OPERATION);
    expect(await take(redemptionSettled, settled(MEMBER), { correlationId: 'none' })).toContain('which there is not');
  });

  it('is taken from the points service only', async () => {
    const { take, done } = replies(OPERATION);
    const source = '/rollcall/guide';
    expect(await take(redemptionSettled, settled(MEMBER), { source })).toContain(
      `${source} may not send ${redemptionSettled.type}`,
    );
    expect(done).toEqual([]);
  });
});

describe('a confirmation that data was erased', () => {
  const confirmation = (memberId: string) => ({ memberId, erasedAt: at });

  it('counts for the service that sends it, and for one that is waited for', async () => {
    const { take, done } = replies(OPERATION);
    expect(await take(memberDataErased, confirmation(MEMBER), { source: '/rollcall/late' })).toBeUndefined();
    expect(done).toEqual([]);
    expect(await take(memberDataErased, confirmation(MEMBER), { source: '/rollcall/sms' })).toBeUndefined();
    expect(done).toEqual(['erased', 'confirmed#sms']);
  });

  it('is parked if nobody has asked for it', async () => {
    const { take, done } = replies(OPERATION);
    expect(await take(memberDataErased, confirmation(OTHER), { subject: OTHER })).toContain('nobody has asked for');
    expect(done).toEqual([]);
  });
});
