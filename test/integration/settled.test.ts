import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const register = async (): Promise<string> =>
  (await cloud.request('POST', '/v1/members', { phone: newPhone(), name: 'Ana', locale: 'en' })).body.id;

describe('a cloud that settled', () => {
  it('has published and applied all messages, as its tables show', async () => {
    const member = await register();
    await cloud.settled();
    expect(await cloud.pending()).toEqual([]);
    expect(cloud.published('member-events').filter(({ body }) => body.includes(member))).not.toEqual([]);
    for (const consumer of ['sms', 'points', 'guide'])
      expect(await cloud.applied(consumer, member), consumer).toContainEqual(expect.objectContaining({ version: 1 }));
    await expect(cloud.applied('coupons', member)).rejects.toThrow('There is no consumer coupons.');
  });
});

describe('a cloud with a message that is parked for an operator', () => {
  it('does not settle, and names the message', async () => {
    const QueueUrl = `${cloud.endpointUrl}/000000000000/rollcall-dev-guide.fifo`;
    const ids = { MessageGroupId: 'somebody', MessageDeduplicationId: 'unreadable' };
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'no JSON', ...ids }));
    await expect(cloud.settled()).rejects.toThrow(
      /^Parked until an operator decides: .* in rollcall-dev-guide: unreadable/,
    );
    expect(await cloud.parked('guide')).toMatchObject([{ reason: 'unreadable', body: 'no JSON' }]);
    expect(await cloud.parked('points')).toEqual([]);
  });
});

describe('a cloud with a message that is not published', () => {
  it('does not settle, and names its row', async () => {
    const Item = { aggregateId: 'nobody', version: 1, committedAt: new Date().toISOString() };
    await cloud.dynamodb.send(new PutCommand({ TableName: 'rollcall-dev-outbox', Item }));
    await expect(cloud.settled({ withinMs: 1_500 })).rejects.toThrow('version 1 of nobody in rollcall-dev-outbox');
  });
});
