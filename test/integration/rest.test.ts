import { randomUUID } from 'node:crypto';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { xmlDocument } from '@rollcall/kit/internal/contracts/xml-writer';
import { createMessage } from '@rollcall/kit/internal/messaging/message';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { onboardingStepCompleted } from '../../shared/contracts/onboarding-step-completed.v1.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { eventually, newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';
import { FirstClient } from '../support/first-client.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const applicant = () => ({ phone: newPhone(), name: 'Lucía García', locale: 'es' });
const register = async () => (await cloud.request('POST', '/v1/members', applicant())).body;

describe('a client that uses only link relations', () => {
  it('registers, reads, redeems and leaves, starting at /v1', async () => {
    const follow = async (from: { _links: Record<string, { href: string }> }, rel: string) =>
      (await cloud.request('GET', from._links[rel]?.href ?? '')).body;
    const { body: root } = await cloud.request('GET', '/v1');
    const { body: member } = await cloud.request('POST', root._links.members.href, applicant());
    const account = await eventually(async () => {
      const found = await follow(member, 'points');
      return found.balance > 0 && found;
    });
    expect((await follow(account, 'member')).id).toBe(member.id);
    await eventually(async () => (await follow(member, 'guide')).steps);
    await eventually(async () => (await follow(member, 'onboarding')).steps.length === 4);
    const headers = { prefer: 'wait=15' };
    const { body: operation } = await cloud.request('POST', member._links.redemptions.href, { points: 1 }, headers);
    expect((await follow(operation, 'self')).state).toBe('succeeded');
    expect((await follow(operation, 'points')).balance).toBe(account.balance - 1);
    expect((await cloud.request('DELETE', member._links.self.href)).status).toBe(204);
    expect((await follow(root, 'service-desc')).openapi).toBe('3.1.1');
  });
});

describe('a client written against the first contract', () => {
  it('keeps working, beside version 2', async () => {
    // Requests now need a token. This stub adds it to the requests of the old client.
    const authorization = `Bearer ${await cloud.operatorToken()}`;
    const send = fetch;
    vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
      send(url, { ...init, headers: { authorization, ...init.headers } }),
    );
    onTestFinished(() => void vi.unstubAllGlobals());
    const client = new FirstClient(cloud.apiUrl);
    const registered = await client.register(applicant());
    expect(await eventually(() => client.points(registered.id))).toMatchObject({ balance: 100, state: 'open' });
    expect(await eventually(() => client.guideSteps(registered.id))).toHaveLength(4);
    const renamed = await client.rename(registered, 'Ana María Gil');
    expect(await client.read(registered.id)).toMatchObject(renamed);
    const { body, headers } = await cloud.request('GET', `/v2/members/${registered.id}`);
    expect(body).toMatchObject({ givenName: 'Ana María', familyName: 'Gil', displayName: 'Ana María Gil', version: 2 });
    expect(headers.get('deprecation')).toBeNull();
    await client.leave(registered.id);
    expect((await cloud.request('GET', `/v2/members/${registered.id}`)).status).toBe(404);
  });

  it('gets headers with the end of support and with the successor version', async () => {
    const { id } = await register();
    const { headers } = await cloud.request('GET', `/v1/members/${id}`);
    expect(headers.get('deprecation')).toMatch(/^@\d+$/);
    expect(Date.parse(headers.get('sunset') ?? '')).toBeGreaterThan(
      Number(headers.get('deprecation')?.slice(1)) * 1000,
    );
    expect(headers.get('link')).toBe(`</v2/members/${id}>; rel="successor-version"`);
  });
});

describe('every resource', () => {
  let paths: string[];
  beforeAll(async () => {
    const { id } = await register();
    for (const part of ['points', 'guide']) {
      await eventually(async () => (await cloud.request('GET', `/v1/members/${id}/${part}`)).status === 200);
    }
    await eventually(async () => (await cloud.request('GET', `/v1/members/${id}/onboarding`)).body.steps.length === 4);
    const { body } = await cloud.request('POST', `/v1/members/${id}/redemptions`, { points: 1 }, { prefer: 'wait=15' });
    paths = Object.values(routes)
      // An erasure exists only after a member has left, when no other resource of the member exists.
      .filter(({ method, path }) => method === 'GET' && path !== routes.readErasure.path)
      .map(({ path }) => path.replace('{id}', path.includes('/operations/') ? body.id : id));
  });
  const fetchResource = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const authorization = `Bearer ${await cloud.operatorToken()}`;
    const response = await fetch(cloud.apiUrl + path, { method, headers: { authorization, ...headers } });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  it('is found by its ID in upper and lower case', async () => {
    for (const path of paths) {
      const upper = path.replace(/[0-9a-f-]{36}/, (id) => id.toUpperCase());
      expect(await fetchResource('GET', upper), path).toMatchObject({
        status: 200,
        text: (await fetchResource('GET', path)).text,
      });
    }
    const { id } = await register();
    const self = `/v1/members/${id.toUpperCase()}`;
    const redeemed = await cloud.request('POST', `${self}/redemptions`, { points: 1 }, { 'idempotency-key': 'k' });
    const again = await cloud.request(
      'POST',
      `/v1/members/${id}/redemptions`,
      { points: 1 },
      { 'idempotency-key': 'k' },
    );
    expect([redeemed.body.memberId, redeemed.body.id]).toEqual([id, again.body.id]);
    const changed = await cloud.request('PATCH', self, { locale: 'en' }, { 'if-match': '"1"' });
    expect(changed.body).toMatchObject({ id, version: 2, _links: { self: { href: `/v1/members/${id}` } } });
    const left = await cloud.request('DELETE', self.replace('v1', 'v2'));
    expect([left.status, left.headers.get('link')]).toEqual([204, `</v1/members/${id}/erasure>; rel="status"`]);
    expect((await cloud.request('GET', `${self}/erasure`)).body.memberId).toBe(id);
  });

  it('responds to HEAD like GET, without a body', async () => {
    for (const path of paths) {
      const [get, head] = [await fetchResource('GET', path), await fetchResource('HEAD', path)];
      expect([head.status, head.text, head.headers.get('etag')], path).toEqual([200, '', get.headers.get('etag')]);
      expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
    }
  });

  it('lists its methods', async () => {
    for (const path of paths) {
      const { status, headers } = await fetchResource('OPTIONS', path);
      expect([status, headers.get('allow')], path).toEqual([
        204,
        expect.stringMatching(/^GET, HEAD(, \w+)*, OPTIONS$/),
      ]);
    }
    expect((await fetchResource('OPTIONS', '/v1/nothing')).status).toBe(404);
  });

  it('supports conditional reads', async () => {
    for (const path of paths) {
      const tag = (await fetchResource('GET', path)).headers.get('etag') ?? '';
      for (const condition of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
        const { status, text, headers } = await fetchResource('GET', path, { 'if-none-match': condition });
        expect([status, text, headers.get('etag')], `${path} ${condition}`).toEqual([304, '', tag]);
      }
      expect((await fetchResource('GET', path, { 'if-none-match': '"other"' })).status).toBe(200);
      expect((await fetchResource('GET', path, { 'if-match': tag })).status).toBe(200);
      expect((await fetchResource('GET', path, { 'if-match': '"other"' })).status).toBe(412);
    }
  });

  it('is returned in XML if the client prefers it', async () => {
    const resources = paths.filter((path) => path !== '/docs' && !path.endsWith('.json'));
    for (const path of resources) {
      const [inJson, inXml] = [
        await fetchResource('GET', path),
        await fetchResource('GET', path, { accept: 'application/xml' }),
      ];
      expect([inXml.status, inXml.headers.get('content-type')], path).toEqual([200, 'application/xml']);
      expect(inXml.headers.get('vary')).toContain('Accept');
      expect(inXml.text, path).toBe(xmlDocument('resource', JSON.parse(inJson.text)));
    }
    const refused = await fetchResource('GET', '/v1/nothing', { accept: 'application/xml' });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([404, 'application/problem+xml']);
  });

  it('can be changed after reading XML, but not by sending XML', async () => {
    const { id } = await register();
    const path = `/v1/members/${id}`;
    const tag = (await fetchResource('GET', path, { accept: 'application/xml' })).headers.get('etag') ?? '';
    const asXml = await cloud.request(
      'PATCH',
      path,
      { locale: 'en' },
      { 'if-match': tag, 'content-type': 'application/xml' },
    );
    expect(asXml.status).toBe(415);
    expect((await cloud.request('PATCH', path, { locale: 'en' }, { 'if-match': tag })).status).toBe(200);
  });

  it('is returned if the caller accepts its format', async () => {
    for (const path of paths) {
      const type = ((await fetchResource('GET', path)).headers.get('content-type') ?? '').split(';')[0] ?? '';
      for (const accept of [type, type.replace(/\/.*/, '/*'), '*/*', `image/png, ${type};q=0.1`]) {
        expect((await fetchResource('GET', path, { accept })).status, `${path} ${accept}`).toBe(200);
      }
      expect((await fetchResource('GET', path, { accept: '' })).status, path).toBe(200);
      const { status, headers } = await fetchResource('GET', path, { accept: 'image/png' });
      expect([status, headers.get('content-type')]).toEqual([406, 'application/problem+json']);
    }
  });

  it('refuses other methods, and does nothing if the caller accepts no available format', async () => {
    const { status, headers } = await fetchResource('PUT', paths[0] ?? '');
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    const person = applicant();
    expect((await cloud.request('POST', '/v1/members', person, { accept: 'text/html' })).status).toBe(406);
    expect((await cloud.request('POST', '/v1/members', person)).status).toBe(201);
  });
});

describe('onboarding', () => {
  const read = async (id: string) => (await cloud.request('GET', `/v1/members/${id}/onboarding`)).body;

  /** Sends a reply of a subscriber that registration does not know. */
  async function sendReply(id: string, step: string): Promise<void> {
    const message = createMessage(onboardingStepCompleted, {
      id: randomUUID(),
      source: '/rollcall/coupons',
      subject: id,
      time: new Date(),
      data: { memberId: id, step, summary: 'a coupon', completedAt: new Date().toISOString() },
    });
    await cloud.sendAs('coupons-consume', 'registration-replies', id, JSON.stringify(message), 'guide-consume');
  }

  it('shows each step once, with service and time, also for an unknown subscriber', async () => {
    const { id } = await register();
    await sendReply(id, 'coupon');
    await sendReply(id, 'coupon');
    const { state, steps } = await eventually(async () => {
      const found = await read(id);
      return found.steps.length === 5 && found;
    });
    expect(state).toBe('collecting');
    expect(
      steps.map(({ source, step, late }: Record<string, unknown>) => `${source} ${step} ${late}`).toSorted(),
    ).toEqual([
      '/rollcall/coupons coupon false',
      '/rollcall/guide guide false',
      '/rollcall/points bonus false',
      '/rollcall/sms welcome-sms false',
      '/rollcall/sms welcome-sms-delivery false',
    ]);
  });

  it('shows a reply after the deadline as late', async () => {
    const { id } = await register();
    await eventually(async () => (await read(id)).steps.length === 4);
    await cloud.dynamodb.send(
      new UpdateCommand({
        TableName: 'rollcall-dev-members',
        Key: { pk: `member#${id}` },
        UpdateExpression: 'SET registeredAt = :longAgo',
        ExpressionAttributeValues: { ':longAgo': '2026-01-01T00:00:00.000Z' },
      }),
    );
    await sendReply(id, 'coupon');
    const { state, steps } = await eventually(async () => {
      const found = await read(id);
      return found.steps.length === 5 && found;
    });
    expect([state, steps.at(-1)]).toMatchObject(['closed', { step: 'coupon', late: true }]);
  });

  it('exists only for members', async () => {
    expect((await cloud.request('GET', `/v1/members/${randomUUID()}/onboarding`)).status).toBe(404);
  });
});
