import {
  AuthorizationErrorException,
  InternalErrorException,
  InvalidParameterException,
  type PublishBatchCommandInput,
  type SNSClient,
  ThrottledException,
} from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { isPermanent } from '../../shared/messaging/errors.ts';
import { createSnsPublisher } from '../../shared/messaging/publisher.ts';
import { outboxRow } from '../support/builders.ts';

type Entries = NonNullable<PublishBatchCommandInput['PublishBatchRequestEntries']>;

/** A publisher whose SNS answers as told. */
function publisher(answer: (entries: Entries) => object) {
  const calls: Entries[] = [];
  const client = {
    send: async ({ input }: { input: PublishBatchCommandInput }) => {
      calls.push(input.PublishBatchRequestEntries ?? []);
      return answer(input.PublishBatchRequestEntries ?? []);
    },
  } as unknown as SNSClient;
  return { ...createSnsPublisher({ client, topicArn: 'arn:aws:sns:us-east-1:000000000000:test.fifo' }), calls };
}

const allConfirmed = (entries: Entries) => ({ Successful: entries.map(({ Id }) => ({ Id })), Failed: [] });
const rows = (count: number, body = '{}') =>
  Array.from({ length: count }, (_, index) => outboxRow(`m${index}`, 1, body));

describe('SNS publisher', () => {
  it('fills calls with ten entries', async () => {
    const { publish, calls } = publisher(allConfirmed);
    await publish(rows(25));
    expect(calls.map((call) => call.length)).toEqual([10, 10, 5]);
  });

  it('keeps a call below 256 KiB', async () => {
    const { publish, calls } = publisher(allConfirmed);
    await publish(rows(6, 'x'.repeat(100 * 1024)));
    expect(calls.map((call) => call.length)).toEqual([2, 2, 2]);
  });

  it('groups by aggregate and deduplicates by message id', async () => {
    const { publish, calls } = publisher(allConfirmed);
    await publish([outboxRow('m', 7)]);
    expect(calls[0]?.[0]).toMatchObject({ MessageGroupId: 'm', MessageDeduplicationId: 'm/7' });
  });

  it('takes only what the broker confirmed for published: entries that failed, and those it says nothing of', async () => {
    const { publish } = publisher(() => ({
      Successful: [{ Id: '0' }],
      Failed: [{ Id: '1', Code: 'InternalError', Message: 'broken', SenderFault: false }],
    }));
    const errors = await publish(rows(3));
    expect([...errors].map(([row, error]) => [row.aggregateId, error.message])).toEqual([
      ['m1', 'the topic refuses: InternalError: broken'],
      ['m2', 'the broker answered nothing for it'],
    ]);
  });

  it('publishes one by one what SNS refuses as a whole, so that one bad entry keeps back no other', async () => {
    const refusal = new InvalidParameterException({ message: 'unreadable', $metadata: {} });
    const { publish } = publisher((entries) => {
      if (entries.some(({ MessageGroupId }) => MessageGroupId === 'm1')) throw refusal;
      return allConfirmed(entries);
    });
    const errors = await publish(rows(3));
    expect([...errors].map(([row, error]) => [row.aggregateId, error.cause])).toEqual([['m1', refusal]]);
  });

  it.each([
    ['an entry that is the sender’s fault', [{ Id: '0', Code: 'InvalidParameter', SenderFault: true }], true],
    ['an entry that SNS could not take', [{ Id: '0', Code: 'InternalError', SenderFault: false }], false],
    ['an entry that is throttled', [{ Id: '0', Code: 'ThrottledException', SenderFault: true }], false],
    ['a call that is denied', new AuthorizationErrorException({ message: 'denied', $metadata: {} }), true],
    ['a call that is throttled', new ThrottledException({ message: 'slow down', $metadata: {} }), false],
    ['a call that failed at the topic', new InternalErrorException({ message: 'broken', $metadata: {} }), false],
  ])('tells refusals, which are left to the sweep, from failures that may pass: %s', async (_, answer, refused) => {
    const { publish } = publisher(() => {
      if (answer instanceof Error) throw answer;
      return { Failed: answer };
    });
    const [error] = (await publish(rows(1))).values();
    expect(isPermanent(error)).toBe(refused);
  });

  it('counts every entry of a call that fails as a whole', async () => {
    const { publish } = publisher(() => {
      throw new Error('throttled');
    });
    expect((await publish(rows(2))).size).toBe(2);
  });
});
