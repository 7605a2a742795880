import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memberIdOf, outboxRow, profileChanged, registered } from '../support/builders.ts';
import { eventually, startTestCloud, type TestCloud } from '../support/cloud.ts';
import { runScript } from '../support/run.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const ops = (...options: string[]) =>
  runScript('packages/cli/src/cli/main.ts', 'ops', '--endpoint', cloud.endpointUrl, ...options);

async function opsJson(...options: string[]): Promise<any> {
  const { code, stdout, stderr } = await ops(...options, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** Sends a message directly to a subscriber's queue, without the topic. */
async function sendTo(service: string, group: string, body: string): Promise<void> {
  const { QueueUrl } = await cloud.sqs.send(new GetQueueUrlCommand({ QueueName: `rollcall-dev-${service}.fifo` }));
  await cloud.sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageGroupId: group,
      MessageDeduplicationId: body.slice(0, 90),
      MessageBody: body,
    }),
  );
}

/** Parks a registration whose SMS the sandbox refuses, and the change after it. @returns the ID of the member */
async function parkMember(n: number): Promise<string> {
  const member = memberIdOf(n);
  const refused = { ...registered(member), data: { ...registered(member).data, phone: 'nobody' } };
  await sendTo('sms', member, JSON.stringify({ ...refused, id: `refused-${n}` }));
  await sendTo('sms', member, JSON.stringify({ ...profileChanged(member, 2), id: `change-${n}` }));
  await eventually(async () => {
    const items = await cloud.items('sms', member);
    return items.filter(({ sk }) => sk.startsWith('parked#')).length === 2;
  });
  return member;
}

const parkedOf = async (member: string) =>
  (await opsJson('parked', 'list')).filter(({ aggregateId }: { aggregateId: string }) => aggregateId === member);

describe('npm run ops -- parked', () => {
  it('lists parked messages, the oldest first, by subscriber and reason', async () => {
    const member = await parkMember(21);
    expect(await parkedOf(member)).toMatchObject([
      { subscriber: 'sms', version: 1, reason: 'failed', attempts: 1 },
      { subscriber: 'sms', version: 2, reason: 'gap' },
    ]);
    const { stdout } = await ops('parked', 'list', '--subscriber', 'sms', '--reason', 'failed');
    expect(stdout).toMatch(new RegExp(`sms.*${member}.*1 .*failed.*PermanentError: SMS gateway`));
    expect(await opsJson('parked', 'list', '--subscriber', 'guide')).toEqual([]);
  });

  it('shows a message with all its attributes', async () => {
    const member = await parkMember(22);
    const { stdout } = await ops('parked', 'show', 'sms', member, '1');
    expect(stdout).toMatch(/reason +failed/);
    expect(stdout).toContain('"phone": "nobody"');
    expect(await opsJson('parked', 'show', 'sms', member)).toHaveLength(2);
  });

  it('redrives in order, stops at a repeated failure, and reports it with its exit code', async () => {
    const member = await parkMember(23);
    const failing = await ops('parked', 'redrive', 'sms', member);
    expect([failing.code, failing.stdout]).toEqual([1, expect.stringContaining('responded with status 422')]);
    const [parked] = (await cloud.items('sms', member)).filter(({ sk }) => sk.startsWith('parked#'));
    const repaired = JSON.parse(parked?.body);
    repaired.data.phone = '+34612345678';
    await cloud.dynamodb.send(
      new PutCommand({ TableName: 'rollcall-dev-sms', Item: { ...parked, body: JSON.stringify(repaired) } }),
    );
    expect(await opsJson('parked', 'redrive', 'sms', member)).toMatchObject({ applied: 2, left: 0, failures: [] });
    expect(await cloud.items('sms', member)).toMatchObject([{ sk: 'contact', version: 2 }]);
  });

  it('tries one aggregate first, and does not try the others if it fails', async () => {
    const [first, second] = [await parkMember(24), await parkMember(25)];
    const { code, stdout } = await ops('parked', 'redrive', 'sms', first, second, '--json');
    expect([code, JSON.parse(stdout)]).toEqual([1, expect.objectContaining({ applied: 0, left: 1 })]);
  });

  it('discards one version with a stored reason, so that its successors are applied', async () => {
    const member = await parkMember(26);
    const premature = await ops('parked', 'discard', 'sms', member, '2', '--because', 'no', '--yes');
    expect([premature.code, premature.stderr]).toEqual([1, expect.stringContaining('waits for an earlier version')]);
    const unconfirmed = await ops('parked', 'discard', 'sms', member, '1', '--because', 'a test');
    expect([unconfirmed.code, unconfirmed.stderr]).toEqual([1, expect.stringContaining('--yes')]);
    await ops('parked', 'discard', 'sms', member, '1', '--because', 'a test', '--yes');
    expect(await opsJson('parked', 'redrive', 'sms', member)).toMatchObject({ applied: 1 });
    expect(await opsJson('parked', 'show', 'sms', member)).toMatchObject([{ version: 1, discardedBecause: 'a test' }]);
  });

  it('lists an unreadable message under the name of its queue, and discards it by its ID', async () => {
    const body = '{"specversion":"1.0"';
    await sendTo('guide', 'anybody', body);
    const queue = 'rollcall-dev-guide.fifo';
    const [found] = await eventually(async () => {
      const parked = await parkedOf(queue);
      return parked.length > 0 && parked;
    });
    expect(found).toMatchObject({ subscriber: 'guide', reason: 'unreadable', body });
    expect((await ops('parked', 'redrive', 'guide', queue)).stdout).toContain('is not JSON');
    await opsJson('parked', 'discard', 'guide', queue, found.messageId, '--because', 'noise', '--yes');
    expect(await parkedOf(queue)).toEqual([]);
  });
});

describe('npm run ops -- outbox', () => {
  const tooLarge = memberIdOf(31);
  const row = outboxRow(
    tooLarge,
    2,
    JSON.stringify({ ...profileChanged(tooLarge, 2), padding: 'x'.repeat(270 * 1024) }),
  );

  it('lists messages that the topic refuses, with the reason, while messages of other members pass', async () => {
    // The row represents version 2 of a member whose version 1 has been published. `outbox publish` invokes the sweep,
    // which needs no stream record.
    await cloud.dynamodb.send(new PutCommand({ TableName: 'rollcall-dev-outbox', Item: row }));
    const { body } = await cloud.request('POST', '/v1/members', { phone: '+34655555555', name: 'Ana', locale: 'es' });
    await eventually(async () => (await cloud.request('GET', `/v1/members/${body.id}/points`)).status === 200);
    expect(await opsJson('outbox', 'list')).toMatchObject([{ aggregateId: tooLarge, version: 2 }]);
    const { code, stdout } = await ops('outbox', 'publish', tooLarge);
    expect([code, stdout]).toEqual([1, expect.stringContaining(`${tooLarge}: member-events rejects`)]);
  });

  it('publishes the message after the cause is repaired', async () => {
    const repaired = outboxRow(tooLarge, 2, JSON.stringify(profileChanged(tooLarge, 2)));
    await cloud.dynamodb.send(new PutCommand({ TableName: 'rollcall-dev-outbox', Item: repaired }));
    expect(await opsJson('outbox', 'publish')).toMatchObject({ published: 1, failedAggregates: 0 });
    expect((await ops('outbox', 'list')).stdout).toContain('All messages are published.');
  });
});

describe('npm run ops', () => {
  it('reports an aggregate without parked messages', async () => {
    const { code, stdout } = await ops('parked', 'redrive', 'sms', 'nobody');
    expect([code, stdout]).toEqual([1, expect.stringContaining('nobody: no parked messages')]);
  });

  it('shows how many messages wait in each queue', async () => {
    const queues = await opsJson('queues');
    expect(queues).toHaveLength(17);
    expect(queues).toContainEqual({ queue: 'rollcall-dev-sms.fifo', visible: 0, inFlight: 0 });
  });

  it.each([
    [
      'an unknown subscriber',
      ['parked', 'list', '--subscriber', 'mail'],
      'there are: guide, points, points-commands, registration-outcomes, registration-replies, sms, sms-commands',
    ],
    ['a missing stage', ['queues', '--stage', 'qa'], 'There is no stage qa at http'],
    ['the cost of an embedded cloud', ['cost'], 'An embedded cloud has no CloudWatch metrics.'],
    ['an unknown aggregate', ['parked', 'show', 'sms', 'x'], 'has no parked or discarded message of x'],
  ])('refuses %s', async (_, options, what) => {
    const { code, stderr } = await ops(...options);
    expect([code, stderr]).toEqual([1, expect.stringContaining(what)]);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    ['neither aggregates nor all', ['parked', 'redrive', 'sms'], 'Name aggregates, or pass --all'],
    ['both aggregates and all', ['parked', 'redrive', 'sms', 'x', '--all'], 'Name aggregates, or pass --all'],
    ['an unknown reason', ['parked', 'list', '--reason', 'bogus'], 'Allowed choices are failed'],
    ['an empty explanation', ['parked', 'discard', 'sms', 'x', '1', '--because', ' '], 'A reason is required'],
    ['an invalid endpoint', ['queues', '--endpoint', ''], 'It must be a URL'],
  ])('ends with exit code 2 if the command line has %s', async (_, options, what) => {
    const { code, stderr } = await ops(...options);
    expect([code, stderr]).toEqual([2, expect.stringContaining(what)]);
  });

  it('reports an endpoint that does not respond', async () => {
    const { code, stderr } = await runScript(
      'packages/cli/src/cli/main.ts',
      'ops',
      'queues',
      '--endpoint',
      'http://127.0.0.1:1',
    );
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('Nothing responds at http://127.0.0.1:1. Is the embedded cloud running (npm start)?'),
    ]);
  });
});
