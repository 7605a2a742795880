import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memberIdOf, registered } from '../support/builders.ts';
import { eventually, newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';
import { runScript } from '../support/run.ts';

const run = promisify(execFile);

// Tests the embedded cloud with the unchanged AWS CLI. Requires `aws` (apt-get install awscli).
let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

async function aws(...args: string[]) {
  const { stdout } = await run('aws', ['--endpoint-url', cloud.endpointUrl, '--output', 'json', ...args], {
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: 'any',
      AWS_SECRET_ACCESS_KEY: 'any',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_PAGER: '',
    },
  });
  return JSON.parse(stdout);
}

describe('the AWS CLI', () => {
  it('lists tables, queues and topics', async () => {
    expect((await aws('dynamodb', 'list-tables')).TableNames).toContain('rollcall-dev-outbox');
    expect((await aws('sqs', 'list-queues')).QueueUrls).toContain(
      `${cloud.endpointUrl}/000000000000/rollcall-dev-points.fifo`,
    );
    const { Topics } = await aws('sns', 'list-topics');
    expect(Topics).toContainEqual({ TopicArn: 'arn:aws:sns:us-east-1:000000000000:rollcall-dev-member-events.fifo' });
  });

  it('reads an item', async () => {
    const { body } = await cloud.request('POST', '/v1/members', { phone: newPhone(), name: 'Ana', locale: 'en' });
    const key = JSON.stringify({ pk: { S: `member#${body.id}` } });
    const { Item } = await aws('dynamodb', 'get-item', '--table-name', 'rollcall-dev-members', '--key', key);
    expect(Item.name).toEqual({ S: 'Ana' });
  });

  it('invokes a function', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-cli-'));
    const file = join(folder, 'answer.json');
    const { StatusCode } = await aws(
      'lambda',
      'invoke',
      '--function-name',
      'rollcall-dev-registration-outbox-sweep',
      file,
    );
    expect([StatusCode, JSON.parse(readFileSync(file, 'utf8'))]).toEqual([
      200,
      { published: 0, failed: [], failedAggregates: 0, finished: true },
    ]);
    await rm(folder, { recursive: true });
  });

  it.each([
    ['that is unreadable', '{"poison":', 'rollcall-dev-sms.fifo'],
    ['that violates its contract', JSON.stringify({ ...registered(), data: {} }), memberIdOf(1)],
  ])('sends a poison message %s to a queue; it is parked, listed, shown and discarded', async (_, body, aggregate) => {
    const ops = async (...options: string[]) => {
      const { stdout } = await runScript(
        'packages/cli/src/cli/main.ts',
        'ops',
        '--endpoint',
        cloud.endpointUrl,
        '--json',
        ...options,
      );
      return JSON.parse(stdout);
    };
    const queue = `${cloud.endpointUrl}/000000000000/rollcall-dev-sms.fifo`;
    const group = ['--message-group-id', 'poison', '--message-deduplication-id', aggregate];
    await aws('sqs', 'send-message', '--queue-url', queue, '--message-body', body, ...group);
    const [parked] = await eventually(async () => {
      const found = await ops('parked', 'list');
      return found.length === 1 && found;
    });
    expect(parked).toMatchObject({ aggregateId: aggregate, body });
    expect(await ops('parked', 'show', 'sms', aggregate)).toMatchObject([{ body }]);
    expect(await ops('parked', 'redrive', 'sms', aggregate)).toMatchObject({ applied: 0, forPerson: 1 });
    await ops(
      'parked',
      'discard',
      'sms',
      aggregate,
      String(parked.version || parked.messageId),
      '--because',
      'poison',
      '--yes',
    );
    expect(await ops('parked', 'list')).toEqual([]);
  });
});
