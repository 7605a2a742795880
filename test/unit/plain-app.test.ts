import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloud } from '@rollcall/local/internal/cloud';
import { describe, expect, it, onTestFinished } from 'vitest';
import { root } from '../support/run.ts';

const app = join(root, 'test/support/plain-app');

/** Copies the app to a folder outside of the repository, with a link to the repository's `node_modules`. */
function elsewhere(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plain-app-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(app, folder, { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

const linesOf = (cloud: Awaited<ReturnType<typeof startCloud>>, name: string) => {
  const functionName = [...cloud.functions.keys()].find((one) => one.startsWith(`PlainStack-${name}`)) ?? '';
  return cloud.logs(functionName).filter((line) => !line.startsWith('REPORT'));
};

describe('a CDK app without any setup for the embedded cloud', () => {
  it('works with its route, table, stream, topic and queue, and with functions bundled by CDK', async () => {
    await using cloud = await startCloud({ app });
    expect(await cloud.request('POST', '/orders', { id: 'one' })).toMatchObject({
      status: 201,
      body: { id: 'one', region: 'eu-west-1' },
    });
    await cloud.settled();
    expect(linesOf(cloud, 'Audit')).toEqual(['recorded 1']);
    expect(linesOf(cloud, 'Ship')).toEqual(['the carrier ships {"id":"one"}']);
    expect(await cloud.outputs()).toEqual({
      'PlainStack.Url': `${cloud.apiUrl}/`,
      'PlainStack.CarriedBy': 'the carrier',
    });
    expect(cloud.apiUrls).toEqual({ [Object.keys(cloud.apiUrls)[0] ?? '']: cloud.apiUrl });
    expect(cloud.grpcUrl).toBeUndefined();
  });

  it('is started in its folder by `rollcall start`, without console and gRPC', async () => {
    const port = 20_000 + (process.pid % 20_000);
    const main = join(root, 'packages/cli/src/cli/main.ts');
    const options = ['--disable-warning=ExperimentalWarning', main, 'start', '--memory', '--port', String(port)];
    options.push('--parameters', 'Carrier=the post');
    const child = spawn(process.execPath, options, {
      cwd: elsewhere(),
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    onTestFinished(async () => {
      child.kill();
      await ended;
    });
    let output = '';
    for await (const chunk of child.stdout) {
      output += chunk;
      if (output.includes('Ctrl-C')) break;
    }
    const apiUrl = /PlainStack\.Url +(\S+)/.exec(output)?.[1];
    expect(apiUrl).toBe(`http://127.0.0.1:${port}/`);
    expect(output).toMatch(/CarriedBy +the post/);
    expect(output).not.toMatch(/console|gRPC/);
    expect((await fetch(`${apiUrl}`)).status).toBe(404);
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${apiUrl}orders`, { method: 'POST', headers, body: '{"id":"one"}' })).status).toBe(201);
  });
});
