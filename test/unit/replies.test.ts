import { createMessage } from '@rollcall/kit/internal/messaging/message';
import { createSubscriber } from '@rollcall/kit/internal/messaging/subscriber';
import { InMemorySubscriberStore } from '@rollcall/kit/testing';
import { describe, expect, it } from 'vitest';
import { replyHandlers } from '../../functions/registration/replies.ts';
import { registrationReplies } from '../../shared/contracts/channels.ts';
import { memberDataErased } from '../../shared/contracts/member-data-erased.v1.ts';
import { memberIdOf, TIME } from '../support/builders.ts';

const [MEMBER, OTHER] = [memberIdOf(1), memberIdOf(2)];
const at = TIME.toISOString();

/** The consumer of replies to events, with a requested erasure. */
function replies() {
  const done: string[] = [];
  const erasures: Record<string, object> = {
    [MEMBER]: { requestedAt: at, services: ['points', 'sms'] },
  };
  const client = {
    send: async ({ input }: { input: { Key: { pk: string } } }) => ({
      Item: erasures[input.Key.pk.slice('erasure#'.length)],
    }),
  } as never;
  const table = new InMemorySubscriberStore();
  table.change = async ({ setOnce }) => {
    if (setOnce) done.push(...Object.keys(setOnce.attributes));
    return true;
  };
  let ids = 0;
  const newId = () => `id-${++ids}`;
  const eraseOperationsOf = async () => void done.push('erased');
  const subscriber = createSubscriber({
    ...{
      store: table,
      queueName: 'replies',
      joinsLate: false,
      idempotent: true,
      random: () => 0,
      now: () => TIME,
      newId,
    },
    ...{ contracts: registrationReplies.messages, channel: registrationReplies },
    handlers: replyHandlers({ client, eraseOperationsOf, membersTable: 'members' }),
  });
  return {
    done,
    /** Delivers a confirmation. @returns the error if the confirmation was parked */
    async confirm(subject: string, source: string): Promise<string | undefined> {
      const data = { memberId: subject, erasedAt: at };
      const message = createMessage(memberDataErased, { id: newId(), source, subject, time: TIME, data });
      await subscriber.apply({ body: JSON.stringify(message), receives: 1, queueMessageId: message.id });
      return [...table.waiting.values()][0]?.error;
    },
  };
}

describe('a confirmation that data was erased', () => {
  it('is recorded for the service that sends it, and only if the erasure waits for that service', async () => {
    const { confirm, done } = replies();
    expect(await confirm(MEMBER, '/rollcall/late')).toBeUndefined();
    expect(done).toEqual([]);
    expect(await confirm(MEMBER, '/rollcall/sms')).toBeUndefined();
    expect(done).toEqual(['erased', 'confirmed#sms']);
  });

  it('is parked if it was not requested', async () => {
    const { confirm, done } = replies();
    expect(await confirm(OTHER, '/rollcall/points')).toContain('was not requested');
    expect(done).toEqual([]);
  });
});
