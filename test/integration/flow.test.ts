import { join } from 'node:path';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memberIdOf, registered, sqsRecord } from '../support/builders.ts';
import { eventually, newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';
import { root, runNode } from '../support/run.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

async function register(locale: string): Promise<{ id: string; phone: string }> {
  const { body } = await cloud.request('POST', '/v1/members', { phone: newPhone(), name: 'Lucía', locale });
  return body;
}

const resource = (id: string, name: 'points' | 'guide') =>
  eventually(async () => {
    const { status, body } = await cloud.request('GET', `/v1/members/${id}/${name}`);
    return status === 200 && body;
  });

describe('a registration', () => {
  it("leads to an SMS in the member's language, points, and a guide", async () => {
    const { id, phone } = await register('es-MX');
    const [text] = await eventually(async () => {
      const texts = await cloud.texts(phone);
      return texts.length > 0 && texts;
    });
    expect(text?.text).toContain('bienvenida');
    expect(await resource(id, 'points')).toMatchObject({
      memberId: id,
      state: 'open',
      balance: 100,
      entries: [{ points: 100, reason: 'registration' }],
    });
    const guide = await resource(id, 'guide');
    expect(guide).toMatchObject({ memberId: id, locale: 'es' });
    expect(guide.steps.length).toBeGreaterThan(0);
    await eventually(async () => (await cloud.items('outbox', id)).length === 0);
  });

  it('has no points and no guide until the services have created them', async () => {
    for (const name of ['points', 'guide']) {
      expect((await cloud.request('GET', `/v1/members/${memberIdOf(404)}/${name}`)).status).toBe(404);
    }
  });

  it('is followed by changes and deactivation in order, in every service', async () => {
    const { id } = await register('en');
    const path = `/v1/members/${id}`;
    for (const [index, locale] of ['es', 'zh-CN', 'es', 'zh-CN'].entries()) {
      await cloud.request('PATCH', path, { locale }, { 'if-match': `"${index + 1}"` });
    }
    const guide = await eventually(async () => {
      const { body } = await cloud.request('GET', `${path}/guide`);
      return body.locale === 'zh-CN' && body;
    });
    expect(guide.title).toContain('欢迎');
    await cloud.request('DELETE', path);
    await eventually(async () => (await cloud.request('GET', `${path}/guide`)).status === 404);
    const points = await eventually(async () => {
      const { body } = await cloud.request('GET', `${path}/points`);
      return body.state === 'closed' && body;
    });
    expect(points.balance).toBe(100);
    for (const [table, sk] of [
      ['sms', 'contact'],
      ['points', 'account'],
      ['guide', 'journey'],
    ] as const) {
      const item = await eventually(async () =>
        (await cloud.items(table, id)).find((found) => found.sk === sk && found.version === 6),
      );
      expect(item.baseline).toBeUndefined();
    }
  });

  it('is applied once by each service even if its message is redelivered', async () => {
    const { id, phone } = await register('en');
    const message = registered(id, 1, phone);
    await resource(id, 'points');
    await resource(id, 'guide');
    await eventually(async () => (await cloud.texts(phone)).length > 0);
    for (const service of ['sms', 'points', 'guide']) {
      const Records = [sqsRecord(id, 'again', JSON.stringify(message))];
      expect(await cloud.invoke(`rollcall-dev-${service}-consume`, { Records })).toEqual({ batchItemFailures: [] });
    }
    expect((await cloud.texts(phone)).length).toBe(1);
    expect(await resource(id, 'points')).toMatchObject({ balance: 100, entries: [{}] });
  });
});

describe('the bonus', () => {
  it('has the number of points that the rule in the table of the points service states', async () => {
    const other = await startTestCloud();
    try {
      const Item = { pk: 'rules', sk: 'registration', points: 250 };
      await other.dynamodb.send(new PutCommand({ TableName: 'rollcall-dev-points', Item }));
      const { body } = await other.request('POST', '/v1/members', { phone: newPhone(), name: 'A', locale: 'en' });
      const points = await eventually(async () => {
        const response = await other.request('GET', `/v1/members/${body.id}/points`);
        return response.status === 200 && response.body;
      });
      expect(points.balance).toBe(250);
    } finally {
      await other.stop();
    }
  });
});

describe('the AWS endpoint', () => {
  it('names queues by URLs that work', async () => {
    const { QueueUrls = [] } = await cloud.sqs.send(new ListQueuesCommand({}));
    expect(QueueUrls).toContain(`${cloud.endpointUrl}/000000000000/rollcall-dev-sms.fifo`);
  });

  it('lists the functions in the error for an unknown function', async () => {
    const response = await cloud.invoke('nothing', {});
    expect(response).toMatchObject({
      __type: 'ResourceNotFoundException',
      message: expect.stringContaining('rollcall-dev-sms-consume'),
    });
  });
});

describe('npm run demo', () => {
  const HEADER = 'phone,name,locale,notes\n';
  /** Runs the demo with this content on standard input. */
  const demo = (content: string) =>
    runNode(
      [join(root, 'ops/demo/main.ts'), '--endpoint', cloud.endpointUrl, '--input', '/dev/stdin', '--json'],
      { NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
      content,
    );

  it('registers the people in a file, but not a person whose data is only part of a note', async () => {
    const [ana, eve, bo] = [newPhone(), newPhone(), newPhone()];
    const content = `${HEADER}${ana},Ana,es,"met at the fair\n${eve},Eve,es,friend\ncall back"\n${bo},Bo,en,\n`;
    const { code, stdout, stderr } = await demo(content);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ registered: 2, rejected: [], sms: 2, points: 2, lost: 0 });
    expect(await cloud.texts(eve)).toEqual([]);
  });

  it('fails if no person was registered, with the reason for each line', async () => {
    const { code, stdout } = await demo(`${HEADER}${newPhone()},${'A'.repeat(11 * 1024 * 1024)},es,\nnobody,Bo,en,\n`);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      registered: 0,
      rejected: [
        { line: 2, reason: '413 Request Entity Too Large' },
        { line: 3, reason: expect.stringContaining('phone') },
      ],
    });
  });

  it('of an app with a further subscriber reports that the cloud lacks this subscriber', async () => {
    const { code, stdout, stderr } = await runNode(
      [join(root, 'examples/coupons/demo/main.ts'), '--endpoint', cloud.endpointUrl, '--members', '1'],
      { NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
    );
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('has no subscriber coupons. Stop that cloud');
  });

  it('registers no person of a file that is refused as a whole', async () => {
    const phone = newPhone();
    const { code, stdout, stderr } = await demo(`${phone},Ana,es,\n${newPhone()},Bo,en,\n`);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      `/dev/stdin must begin with a header that contains each of phone, name, locale once. It begins with: ${phone}, Ana, es, \n`,
    );
    expect(await cloud.texts(phone)).toEqual([]);
  });
});
