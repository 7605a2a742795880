import { request } from 'node:http';
import { createGuardedServer, refusalOf } from '@rollcall/local/internal/server/guard';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { describe, expect, it, onTestFinished } from 'vitest';

describe('a request', () => {
  it.each([
    ['of a program', {}],
    ['to another name of this machine', { host: 'localhost:4000' }],
    ['from a container', { host: 'host.docker.internal:4010' }],
    ['of a page of the same origin', { origin: 'http://127.0.0.1:4000', 'sec-fetch-site': 'same-origin' }],
    ['that is typed into a browser', { 'sec-fetch-site': 'none' }],
  ])('%s is accepted', (_, headers) => {
    expect(refusalOf({ host: '127.0.0.1:4000', ...headers })).toBeUndefined();
  });

  it.each([
    ['with a host name of another owner', { host: 'evil.example:4000' }],
    ['with a local address as a subdomain', { host: '127.0.0.1.evil.example' }],
    ['without a host name', { host: undefined }],
    ['of a page of another site', { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['of a page of another site, by an old browser', { origin: 'http://evil.example' }],
    ['of a page on another port', { origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-site' }],
    ['of a page with an opaque origin', { origin: 'null' }],
    ['of an image on another site', { 'sec-fetch-site': 'cross-site' }],
  ])('%s is refused', (_, headers) => {
    expect(refusalOf({ host: '127.0.0.1:4000', ...headers })).toBeDefined();
  });

  it('of a page with an allowed origin is accepted, but not with another host name', () => {
    const allowsOrigin = (origin: string) => origin === 'https://www.example.com';
    const headers = { host: '127.0.0.1:4000', origin: 'https://www.example.com', 'sec-fetch-site': 'cross-site' };
    expect(refusalOf(headers, allowsOrigin)).toBeUndefined();
    expect(refusalOf({ ...headers, host: 'evil.example' }, allowsOrigin)).toBeDefined();
  });
});

describe('a server', () => {
  async function requestTo(target: string): Promise<{ status: number | undefined; body: string }> {
    const server = createGuardedServer(({ url, headers }, response) => response.end(`${url} of ${headers.host}`));
    const { port } = new URL(await listen(server, 0, 'test'));
    onTestFinished(() => close(server));
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; body: string }>();
    request({ port, host: '127.0.0.1', path: target, headers: { host: 'localhost' } }, async (response) => {
      resolve({ status: response.statusCode, body: (await response.setEncoding('utf8').toArray()).join('') });
    })
      .on('error', reject)
      .end();
    return promise;
  }

  it.each([
    ['http://127.0.0.1:4000/v1/members?a=b', '/v1/members?a=b of 127.0.0.1:4000'],
    ['http://127.0.0.1:4000', '/ of 127.0.0.1:4000'],
    ['HTTP://127.0.0.1?a', '/?a of 127.0.0.1'],
    ['/http://evil.example/', '/http://evil.example/ of localhost'],
  ])('accepts the request target %s; only an absolute URL replaces the Host header', async (target, body) => {
    expect(await requestTo(target)).toEqual({ status: 200, body });
  });

  it('checks the host of an absolute URL instead of the Host header', async () => {
    expect((await requestTo('http://evil.example/v1')).status).toBe(403);
    expect((await requestTo('http://127.0.0.1@evil.example/v1')).status).toBe(403);
  });
});
