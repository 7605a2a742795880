import { GetQueueAttributesCommand, GetQueueUrlCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { chunk } from '@rollcall/kit/internal/messaging/batches';
import pMap from 'p-map';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memberIdOf, registered } from '../support/builders.ts';
import { eventually, startTestCloud, switchTo, type TestCloud } from '../support/cloud.ts';
import { runScript } from '../support/run.ts';

const BACKLOG = 1_000;
/** The backlog of a skipped capability is smaller, because each of its messages costs a separate write. */
const SKIPPED = 300;
const RELEASED = 100;
/** More frequent counts of so many messages would slow the embedded cloud down. */
const CHECK_INTERVAL_MS = 300;

/** Sends registrations directly to a subscriber's queue, without the topic. */
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

/** The number of matching items in the table of a service. */
async function countItems(cloud: TestCloud, service: string, wanted: (item: Record<string, unknown>) => boolean) {
  let count = 0;
  for await (const { Items = [] } of paginateScan(
    { client: cloud.dynamodb },
    { TableName: `rollcall-dev-${service}` },
  )) {
    count += Items.filter(wanted).length;
  }
  return count;
}

const applied = (cloud: TestCloud, service: string) =>
  countItems(cloud, service, ({ version, sk }) => version === 1 && !isParked({ sk }));
const parked = (cloud: TestCloud, service: string, reason?: string) =>
  countItems(cloud, service, (item) => isParked(item) && (!reason || item.reason === reason));
const isParked = ({ sk }: Record<string, unknown>) => String(sk).startsWith('parked#');

async function waiting(cloud: TestCloud, service: string) {
  const { QueueUrl } = await cloud.sqs.send(new GetQueueUrlCommand({ QueueName: `rollcall-dev-${service}.fifo` }));
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes } = await cloud.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }));
  const [visible = 0, inFlight = 0] = names.map((name) => Number(Attributes?.[name]));
  return { total: visible + inFlight, inFlight };
}

const untilEmpty = (cloud: TestCloud, service: string) =>
  eventually(async () => (await waiting(cloud, service)).total === 0, CHECK_INTERVAL_MS);

describe('a backlog', () => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud();
  });
  afterAll(() => cloud.stop());

  it('of 1,000 messages waits while the capability is paused: none is lost, parked or applied meanwhile', async () => {
    await switchTo(cloud, 'points', 'pause');
    await sendTo(cloud, 'points', BACKLOG);
    // Waits until many messages were received and postponed.
    await eventually(async () => (await waiting(cloud, 'points')).inFlight > BACKLOG / 4, CHECK_INTERVAL_MS);
    const { total } = await waiting(cloud, 'points');
    expect([total, await applied(cloud, 'points'), await parked(cloud, 'points')]).toEqual([BACKLOG, 0, 0]);
    await switchTo(cloud, 'points', 'on');
    await untilEmpty(cloud, 'points');
    expect([await applied(cloud, 'points'), await parked(cloud, 'points')]).toEqual([BACKLOG, 0]);
  });

  it('is parked as held while the capability is skipped, and applied when an operator releases it', async () => {
    await switchTo(cloud, 'guide', 'skip');
    await sendTo(cloud, 'guide', SKIPPED);
    await untilEmpty(cloud, 'guide');
    await switchTo(cloud, 'guide', 'on');
    await cloud.invoke('rollcall-dev-guide-sweep', {});
    expect([await applied(cloud, 'guide'), await parked(cloud, 'guide', 'held')]).toEqual([0, SKIPPED]);
    const members = Array.from({ length: RELEASED }, (_, index) => memberIdOf(index + 1));
    const { code, stderr } = await runScript(
      'packages/cli/src/cli/main.ts',
      'ops',
      ...['--endpoint', cloud.endpointUrl, 'parked', 'redrive', 'guide', ...members],
    );
    expect([code, stderr]).toEqual([0, '']);
    expect([await applied(cloud, 'guide'), await parked(cloud, 'guide')]).toEqual([RELEASED, SKIPPED - RELEASED]);
  });
});
