import { GetQueueAttributesCommand, GetQueueUrlCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { paginateScan } from '@aws-sdk/lib-dynamodb';
import pMap from 'p-map';
import { describe, expect, it } from 'vitest';
import { chunk } from '../../shared/messaging/batches.ts';
import { memberIdOf, registered } from '../support/builders.ts';
import { cloudOf, eventually, switchTo, type TestCloud } from '../support/cloud.ts';
import { runScript } from '../support/run.ts';

const BACKLOG = 5_000;

/** Sends registrations to a subscriber's queue, past the topic. */
async function sendTo(cloud: TestCloud, service: string, members: number): Promise<void> {
  const { QueueUrl } = await cloud.sqs.send(new GetQueueUrlCommand({ QueueName: `rollcall-dev-${service}.fifo` }));
  const bodies = Array.from({ length: members }, (_, index) => registered(memberIdOf(index + 1)));
  await pMap(
    chunk(bodies, 10),
    (batch) =>
      cloud.sqs.send(
        new SendMessageBatchCommand({
          QueueUrl,
          Entries: batch.map((message) => ({
            Id: message.subject,
            MessageGroupId: message.subject,
            MessageDeduplicationId: message.id,
            MessageBody: JSON.stringify(message),
          })),
        }),
      ),
    { concurrency: 8 },
  );
}

async function countItems(cloud: TestCloud, table: string, wanted: (item: Record<string, unknown>) => boolean) {
  let count = 0;
  for await (const { Items = [] } of paginateScan({ client: cloud.dynamodb }, { TableName: table })) {
    count += Items.filter(wanted).length;
  }
  return count;
}

const accounts = (cloud: TestCloud) => countItems(cloud, 'rollcall-dev-points', ({ sk }) => sk === 'account');
const parkedPoints = (cloud: TestCloud, reason?: string) =>
  countItems(
    cloud,
    'rollcall-dev-points',
    (item) => String(item.sk).startsWith('parked#') && (!reason || item.reason === reason),
  );

const waiting = async (cloud: TestCloud) => {
  const { QueueUrl } = await cloud.sqs.send(new GetQueueUrlCommand({ QueueName: 'rollcall-dev-points.fifo' }));
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes } = await cloud.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }));
  const [visible = 0, inFlight = 0] = names.map((name) => Number(Attributes?.[name]));
  return { visible, inFlight };
};

describe('a backlog of 5,000 messages', () => {
  it('waits while it is paused, is recorded while it is skipped, and is made up for', async () => {
    const cloud = await cloudOf();
    const left = async () => {
      const { visible, inFlight } = await waiting(cloud);
      return visible + inFlight;
    };
    await switchTo(cloud, 'points', 'pause');
    await sendTo(cloud, 'points', BACKLOG);
    // Many were received, and given back for a while.
    await eventually(async () => (await waiting(cloud)).inFlight > BACKLOG / 4);
    expect([await left(), await accounts(cloud), await parkedPoints(cloud)]).toEqual([BACKLOG, 0, 0]);

    await switchTo(cloud, 'points', 'on');
    await eventually(async () => (await left()) < BACKLOG * 0.8);
    expect(await parkedPoints(cloud)).toBe(0);

    await switchTo(cloud, 'points', 'skip');
    await eventually(async () => (await left()) === 0);
    const held = await parkedPoints(cloud, 'held');
    expect(held).toBeGreaterThan(BACKLOG / 4);
    expect(held + (await accounts(cloud))).toBe(BACKLOG);

    await switchTo(cloud, 'points', 'on');
    await cloud.invoke('rollcall-dev-points-sweep', {});
    expect(await parkedPoints(cloud, 'held')).toBe(held);
    const { code, stderr } = await runScript(
      'ops/cli/main.ts',
      ...['--endpoint', cloud.endpointUrl, 'parked', 'redrive', 'points', '--all', '--reason', 'held'],
    );
    expect([code, stderr]).toEqual([0, '']);
    expect([await accounts(cloud), await parkedPoints(cloud)]).toEqual([BACKLOG, 0]);
  });
});
