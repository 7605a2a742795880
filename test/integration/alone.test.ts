import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { requestTokenFrom } from 'rollcall/internal/token';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EVERY_MEMBER } from '../../ops/every-member.ts';
import { root } from '../support/run.ts';

interface Started {
  child: ChildProcess;
  /** The URLs that the process prints, one per line. */
  urls: string[];
}

/** Starts a script that listens, and reads the two lines that it prints. */
async function started(script: string, ...options: string[]): Promise<Started> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, script), ...options, '--port', '0'],
    { env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const urls: string[] = [];
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    urls.push(/http:\S+/.exec(line)?.[0] ?? '');
    if (urls.length === 2) break;
  }
  return { child, urls };
}

async function terminate(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
}

describe('npm run ops -- issuer', () => {
  it('issues tokens that its published keys verify, also after a restart', async () => {
    const data = mkdtempSync(join(tmpdir(), 'rollcall-issuer-'));
    onTestFinished(() => rm(data, { recursive: true }));
    const urlOption = ['--url', 'http://host.docker.internal:4030/issuer'];
    const first = await started('packages/cli/src/cli/main.ts', 'ops', 'issuer', '--data', data, ...urlOption);
    const [issuer = '', tokenUrl = ''] = first.urls;
    expect(issuer).toBe('http://host.docker.internal:4030/issuer');
    const token = await requestTokenFrom(tokenUrl.replace('/token', ''), { ...EVERY_MEMBER, sub: 'm1' });
    await terminate(first.child);

    const { urls } = await started('packages/cli/src/cli/main.ts', 'ops', 'issuer', '--data', data, ...urlOption);
    const second = urls[1]?.replace('/token', '');
    const discovery = await (await fetch(`${second}/.well-known/openid-configuration`)).json();
    expect(discovery).toMatchObject({ issuer, jwks_uri: `${issuer}/jwks.json` });
    const keys = createRemoteJWKSet(new URL(`${second}/jwks.json`));
    const { payload } = await jwtVerify(token, keys, { issuer, audience: 'rollcall' });
    expect(payload).toMatchObject({ sub: 'm1', scope: EVERY_MEMBER.scope });
    expect(statSync(join(data, 'issuer.keys')).mode & 0o077).toBe(0);
  });
});

describe('npm run sms-sandbox', () => {
  it('stores SMS; if the callback URL is that of an API, sends receipts to the endpoint, with the ID of the API in the path', async () => {
    const paths: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const cloud = createServer((request, response) => {
      paths.push(request.url ?? '');
      response.writeHead(204).end();
      resolve();
    });
    onTestFinished(() => close(cloud));
    const endpoint = await listen(cloud, 0, 'test');
    const { child, urls } = await started('ops/sms-sandbox/main.ts', '--endpoint', endpoint);
    const [url] = urls;
    const callback = { url: 'http://abc123.execute-api.localhost:4566/webhooks/sms/http', reference: 'r1' };
    const text = { to: '+34612345678', text: 'Hola', callback };
    const sent = await fetch(`${url}/messages`, { method: 'POST', body: JSON.stringify(text) });
    expect(sent.status).toBe(202);
    await promise;
    expect(paths).toEqual(['/_aws/execute-api/abc123/$default/webhooks/sms/http']);
    const { messages } = (await (await fetch(`${url}/messages`)).json()) as { messages: Array<{ text: string }> };
    expect(messages.map((one) => one.text)).toEqual(['Hola']);
    await terminate(child);
  });
});
