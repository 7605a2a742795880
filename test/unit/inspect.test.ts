import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { attachDebugger, linesOf, threadTypeForChrome, waitUntilPassed } from '../support/debugger.ts';
import { root, runNode } from '../support/run.ts';

const MAIN = 'packages/cli/src/cli/main.ts';
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'debugged-app-')));
const handler = join(folder, 'functions/greet.handler.ts');
const breakpoint = { file: handler, line: 0 };
const opened = new AsyncDisposableStack();
let child: ReturnType<typeof startApp>;
let debuggerUrl: string;
let endpointUrl: string;

function startApp() {
  const port = 20_000 + (process.pid % 20_000);
  const options = ['start', '--memory', '--port', String(port), '--inspect', '0'];
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, MAIN), ...options], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

beforeAll(async () => {
  cpSync(join(root, 'test/support/debugged-app'), folder, { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  breakpoint.line =
    readFileSync(handler, 'utf8')
      .split('\n')
      .findIndex((line) => line.includes('return greeting')) + 1;
  opened.defer(() => rmSync(folder, { recursive: true }));
  child = startApp();
  const ended = once(child, 'exit');
  opened.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.includes('Ctrl-C')) break;
  }
  [, endpointUrl = ''] = /AWS +(\S+)/.exec(output) ?? [];
  [, debuggerUrl = ''] = /debugger +(ws:\S+)/.exec(output) ?? [];
});
afterAll(() => opened.disposeAsync());

const greet = (name: string) =>
  fetch(`${endpointUrl}/2015-03-31/functions/debugged-dev-greet/invocations`, {
    method: 'POST',
    body: JSON.stringify({ name }),
  });

/** Starts the command in a folder without an app, where it ends by itself. */
const startNowhere = (...options: string[]) =>
  runNode(['--disable-warning=ExperimentalWarning', join(root, MAIN), 'start', ...options], {}, '', tmpdir());

describe('rollcall start --inspect', () => {
  it('pauses a handler at a breakpoint in TypeScript, for longer than its timeout', async () => {
    const sqs = new SQSClient({
      ...{ endpoint: endpointUrl, region: 'us-east-1' },
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    });
    onTestFinished(() => sqs.destroy());
    const debugging = await attachDebugger(debuggerUrl, linesOf(join(folder, 'cdk.out'), breakpoint));
    const response = greet('Ada');
    const paused = await debugging.paused();
    expect(paused.at).toEqual(breakpoint);
    await waitUntilPassed(sqs, 2);
    paused.resume();
    const answer = await response;
    expect(answer.headers.get('x-amz-function-error')).toBeNull();
    expect(await answer.json()).toBe('hello Ada');
  });

  it('shows its threads to Chrome', async () => {
    const thread = threadTypeForChrome(debuggerUrl);
    await greet('Grace');
    expect(await thread).toBe('node_worker');
  });

  it('ends on SIGINT even while a handler is paused', async () => {
    const debugging = await attachDebugger(debuggerUrl, linesOf(join(folder, 'cdk.out'), breakpoint));
    const response = greet('Alan');
    await debugging.paused();
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    await Promise.allSettled([response]);
  });

  it('listens on this machine only', async () => {
    const { code, stderr } = await startNowhere('--inspect', '0.0.0.0:9229');
    expect(code).toBe(2);
    expect(stderr).toContain('A client of the inspector can run any code');
  });

  it('reports that its port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { code, stderr } = await startNowhere('--inspect', String(port));
    expect(code).toBe(1);
    expect(stderr).toContain(`The debugger port ${port} is in use by another program.`);
  });
});
