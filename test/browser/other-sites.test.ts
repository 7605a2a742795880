import { createServer } from 'node:http';
import type { CloudDescription } from '@rollcall/local/internal/control/control';
import { close, listen } from '@rollcall/local/internal/server/listen';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';
import { openPage, startBrowser } from './browser.ts';

const SITE = 'evil.example';
const quoted = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

/** Serves a form that sends JSON to an action. `text/plain` sends `name=value`, so name and value are chosen to form JSON. */
const server = createServer(({ url = '' }, response) => {
  const { action = '', json = '' } = Object.fromEntries(new URL(url, 'http://site').searchParams);
  const field = `<input type="hidden" name="${quoted(`${json.slice(0, -1)},"x":"`)}" value="${quoted('"}')}">`;
  const form = `<form method="post" enctype="text/plain" action="${quoted(action)}">${field}<button>Win</button></form>`;
  response.setHeader('content-type', 'text/html').end(`<!doctype html><title>evil</title>${form}`);
});

let browser: Browser;
let cloud: TestCloud;
let site: string;
beforeAll(async () => {
  // The owner of a domain can let the domain resolve to this machine. The browser's option simulates this.
  [browser, cloud, site] = await Promise.all([
    startBrowser(`--host-resolver-rules=MAP ${SITE} 127.0.0.1`),
    startTestCloud(),
    listen(server, 0, 'a site').then((url) => url.replace('127.0.0.1', SITE)),
  ]);
});
afterAll(async () => {
  await browser.close();
  await cloud.stop();
  await close(server);
});

const openSite = (query: Record<string, string> = {}) =>
  openPage(browser, `${site}?${new URLSearchParams(query)}`, { expected: /CORS|ERR_|40\d/ });

async function invocations(): Promise<number> {
  const { calls } = (await (await fetch(`${cloud.endpointUrl}/_rollcall`)).json()) as CloudDescription;
  return calls['lambda:Invoke'] ?? 0;
}

/** Returns the response that a script of the page gets. Undefined if the browser blocks the response. */
const fetched = (page: Page, url: string, init: object = {}): Promise<string | undefined> =>
  page.evaluate(
    ([address, options]) =>
      fetch(address, options).then(
        (response) => response.text(),
        () => undefined,
      ),
    [url, init] as const,
  );

describe('a page of another site', () => {
  it('cannot invoke a function, by a script or by a form', async () => {
    const { body } = await cloud.request('POST', '/v1/members', { phone: newPhone(), name: 'Ana', locale: 'es' });
    const action = `${cloud.endpointUrl}/2015-03-31/functions/rollcall-dev-registration-deactivate/invocations`;
    // The function would trust these claims.
    const json = JSON.stringify({
      rawPath: `/v1/members/${body.id}`,
      routeKey: 'DELETE /v1/members/{id}',
      headers: {},
      pathParameters: { id: body.id },
      requestContext: {
        http: { method: 'DELETE' },
        requestId: 'forged',
        authorizer: { jwt: { claims: { sub: body.id } } },
      },
    });
    const before = await invocations();
    const page = await openSite({ action, json });
    for (const mode of ['cors', 'no-cors'])
      await fetched(page, action, { method: 'POST', mode, headers: { 'content-type': 'text/plain' }, body: json });
    const answered = page.waitForResponse(
      (response) => response.url() === action && response.request().isNavigationRequest(),
    );
    await page.getByRole('button', { name: 'Win' }).click();
    expect((await answered).status()).toBe(403);
    expect(await invocations()).toBe(before);
    expect((await cloud.request('GET', `/v1/members/${body.id}`)).status).toBe(200);
  });

  it('cannot read any server, even if the name of the site resolves to this machine', async () => {
    const page = await openSite();
    const servers = [cloud.apiUrl, cloud.endpointUrl, cloud.grpcUrl, ...cloud.gateways.map(({ url }) => url)];
    for (const url of servers) expect(await fetched(page, `${url}/_rollcall`)).toBeUndefined();

    for (const [url, path] of [
      [cloud.endpointUrl, '/_rollcall/messages'],
      [cloud.endpointUrl, '/issuer/jwks.json'],
      [cloud.gateways[0]?.url ?? '', '/messages'],
      [cloud.apiUrl, '/v1'],
    ] as const) {
      const response = await page.goto(`${url.replace('127.0.0.1', SITE)}${path}`);
      expect(response?.status(), path).toBe(403);
    }
    // The page now has the same origin as the API, so it may send any header and read every response.
    const headers = { 'content-type': 'application/json' };
    expect(await fetched(page, '/v1/members', { method: 'POST', headers })).toContain('names another machine');
  });
});
