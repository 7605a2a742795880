import {
  AuthorizationErrorException,
  InternalErrorException,
  InvalidParameterException,
  type PublishBatchCommandInput,
  ThrottledException,
} from '@aws-sdk/client-sns';
import { BatchRequestTooLong, QueueDoesNotExist, type SendMessageBatchCommandInput } from '@aws-sdk/client-sqs';
import { isPermanent } from '@rollcall/kit/internal/messaging/errors';
import { batchingSender, createSender } from '@rollcall/kit/internal/messaging/sender';
import { publishByTopics } from '@rollcall/kit/internal/messaging/topics';
import { describe, expect, it } from 'vitest';
import { outgoingMessage } from '../support/builders.ts';

interface Entry {
  Id?: string | undefined;
  MessageGroupId?: string | undefined;
}

/** A sender whose brokers return the given responses. */
function sender(answer: (entries: Entry[]) => object) {
  const calls: Entry[][] = [];
  const client = {
    send: async ({ input }: { input: PublishBatchCommandInput & SendMessageBatchCommandInput }) => {
      const entries = input.PublishBatchRequestEntries ?? input.Entries ?? [];
      calls.push(entries);
      return answer(entries);
    },
  } as never;
  const addresses = {
    topic: 'arn:aws:sns:us-east-1:000000000000:test.fifo',
    queue: 'http://127.0.0.1/000000000000/test.fifo',
    'topic without order': 'arn:aws:sns:us-east-1:000000000000:test',
    'queue without order': 'http://127.0.0.1/000000000000/test',
  };
  return { ...createSender({ publish: publishByTopics(client), sqs: client, addresses }), calls };
}

const allConfirmed = (entries: Entry[]) => ({ Successful: entries.map(({ Id }) => ({ Id })), Failed: [] });

describe.each(['topic', 'queue'])('the sender, to a %s', (channel) => {
  const messages = (count: number, body = '{}') =>
    Array.from({ length: count }, (_, index) => outgoingMessage(`m${index}`, `m${index}/1`, body, channel));

  it('fills calls with ten entries', async () => {
    const { send, calls } = sender(allConfirmed);
    await send(messages(25));
    expect(calls.map((call) => call.length)).toEqual([10, 10, 5]);
  });

  it('keeps a call below 256 KiB', async () => {
    const { send, calls } = sender(allConfirmed);
    await send(messages(6, 'x'.repeat(100 * 1024)));
    expect(calls.map((call) => call.length)).toEqual([2, 2, 2]);
  });

  it('sets the group, the message ID and the attributes for filters', async () => {
    const { send, calls } = sender(allConfirmed);
    await send([{ ...outgoingMessage('m', 'id', '{}', channel), alternateType: 'other' }]);
    expect(calls[0]?.[0]).toMatchObject({
      MessageGroupId: 'm',
      MessageDeduplicationId: 'id',
      MessageAttributes: {
        type: { StringValue: 'rollcall.member.registered.v1' },
        kind: { StringValue: 'event' },
        alternatetype: { StringValue: 'other' },
      },
    });
  });

  it('returns an error for each entry that the broker did not confirm: failed entries, and entries without a result', async () => {
    const { send } = sender(() => ({
      Successful: [{ Id: '0' }],
      Failed: [{ Id: '1', Code: 'InternalError', Message: 'broken', SenderFault: false }],
    }));
    const errors = await send(messages(3));
    expect([...errors].map(([{ group }, error]) => [group, error.message])).toEqual([
      ['m1', `${channel} rejects the message: InternalError: broken`],
      ['m2', 'the broker returned no result'],
    ]);
  });

  it('sends the entries of a refused call one by one, so that one invalid entry does not block the others', async () => {
    const refusal =
      channel === 'topic'
        ? new InvalidParameterException({ message: 'unreadable', $metadata: {} })
        : new BatchRequestTooLong({ message: 'too long', $metadata: {} });
    const { send } = sender((entries) => {
      if (entries.some(({ MessageGroupId }) => MessageGroupId === 'm1')) throw refusal;
      return allConfirmed(entries);
    });
    const errors = await send(messages(3));
    expect([...errors].map(([{ group }, error]) => [group, error.cause])).toEqual([['m1', refusal]]);
  });

  it.each([
    ['an entry that is the sender’s fault', [{ Id: '0', Code: 'InvalidParameter', SenderFault: true }], true],
    ['an entry that failed at the broker', [{ Id: '0', Code: 'InternalError', SenderFault: false }], false],
    ['an entry that is throttled', [{ Id: '0', Code: 'ThrottledException', SenderFault: true }], false],
    ['a call that is denied', new AuthorizationErrorException({ message: 'denied', $metadata: {} }), true],
    ['a queue that does not exist', new QueueDoesNotExist({ message: 'no such queue', $metadata: {} }), true],
    ['a call that is throttled', new ThrottledException({ message: 'slow down', $metadata: {} }), false],
    ['a call that failed at the broker', new InternalErrorException({ message: 'broken', $metadata: {} }), false],
  ])(
    'distinguishes refusals, which only the sweep retries, from temporary failures: %s',
    async (_, answer, refused) => {
      const { send } = sender(() => {
        if (answer instanceof Error) throw answer;
        return { Failed: answer };
      });
      const [error] = (await send(messages(1))).values();
      expect(isPermanent(error)).toBe(refused);
    },
  );

  it('returns an error for every entry of a call that fails as a whole', async () => {
    const { send } = sender(() => {
      throw new Error('throttled');
    });
    expect((await send(messages(2))).size).toBe(2);
  });
});

describe('the sender', () => {
  it.each(['topic', 'queue'])('sets no group and no deduplication id for a %s without order', async (kind) => {
    const { send, calls } = sender(allConfirmed);
    await send([outgoingMessage('m', 'id', '{}', `${kind} without order`)]);
    expect(calls[0]?.[0]).not.toHaveProperty('MessageGroupId');
    expect(calls[0]?.[0]).not.toHaveProperty('MessageDeduplicationId');
  });

  it('refuses a channel without an address, and sends the other messages', async () => {
    const { send, calls } = sender(allConfirmed);
    const errors = await send([outgoingMessage('a', '1', '{}', 'nowhere'), outgoingMessage('b', '2', '{}', 'queue')]);
    expect([...errors].map(([{ group }, error]) => [group, isPermanent(error), error.message])).toEqual([
      [
        'a',
        true,
        'no address for channel nowhere; channels with an address: topic,queue,topic without order,queue without order',
      ],
    ]);
    expect(calls.flat().map(({ MessageGroupId }) => MessageGroupId)).toEqual(['b']);
  });
});

describe('the outgoing messages of a batch', () => {
  it('are sent in one call, and each caller gets the errors of its own messages', async () => {
    const { send, calls } = sender((entries) => ({
      Successful: entries.filter(({ MessageGroupId }) => MessageGroupId !== 'b').map(({ Id }) => ({ Id })),
    }));
    const together = batchingSender({ send });
    const [a, b] = [outgoingMessage('a', '1', '{}', 'queue'), outgoingMessage('b', '2', '{}', 'queue')];
    // A running operation that sends nothing. The messages of `sent` wait until it ends.
    const last = Promise.withResolvers<void>();
    const waits = together.during(() => last.promise);
    const sent = [[a], [b]].map((messages) => together.during(() => together.send(messages)));
    expect(calls).toEqual([]);
    last.resolve();
    await waits;
    const errors = await Promise.all(sent);
    expect(calls.map((call) => call.length)).toEqual([2]);
    expect(errors.map((found) => [...found.keys()])).toEqual([[], [b]]);
    expect([...(await together.send([b])).keys()]).toEqual([b]);
    expect(calls.length).toBe(2);
  });

  it('fail for all callers if the call fails', async () => {
    const together = batchingSender({ send: () => Promise.reject(new Error('no memory')) });
    const tries = [together.send([]), together.send([])];
    for (const attempt of tries) await expect(attempt).rejects.toThrow('no memory');
  });
});
