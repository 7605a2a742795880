import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startTestCloud, type TestCloud } from '../support/cloud.ts';

// Tests the deployed stage at API_URL or, if API_URL is not set, an embedded cloud. Uses only HTTP.
let cloud: TestCloud | undefined;
let apiUrl = process.env.API_URL?.replace(/\/$/, '');
/** A token of the stage's OpenID provider, with the scopes for reading and writing. */
let token = process.env.API_TOKEN ?? '';
beforeAll(async () => {
  if (apiUrl) return;
  cloud = await startTestCloud();
  apiUrl = cloud.apiUrl;
  token = await cloud.operatorToken();
});
afterAll(() => cloud?.stop());

async function call(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${apiUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
}

describe('a member', () => {
  it('registers, is onboarded, changes the profile, and is deactivated', async () => {
    const phone = `+346${randomInt(10_000_000, 99_999_999)}`;
    const registered = await call('POST', '/v1/members', { phone, name: 'End To End', locale: 'es' });
    expect(registered.status).toBe(201);
    const { self, points, guide } = registered.body._links;

    const earned = await eventually(async () => {
      const { status, body } = await call('GET', points.href);
      return status === 200 && body;
    });
    expect(earned.balance).toBeGreaterThan(0);
    await eventually(async () => (await call('GET', guide.href)).body.locale === 'es');

    const etag = registered.headers.get('etag') ?? '';
    expect((await call('PATCH', self.href, { locale: 'zh-CN' }, { 'if-match': etag })).status).toBe(200);
    await eventually(async () => (await call('GET', guide.href)).body.locale === 'zh-CN');

    expect((await call('DELETE', self.href)).status).toBe(204);
    expect((await call('GET', self.href)).status).toBe(404);
    await eventually(async () => (await call('GET', guide.href)).status === 404);
    await eventually(async () => (await call('GET', points.href)).body.state === 'closed');
  });
});
