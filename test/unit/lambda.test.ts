import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FailedInvocation, LambdaFunction } from '@rollcall/local/internal/lambda/function';
import { type FunctionSettings, Instance } from '@rollcall/local/internal/lambda/instance';
import { describe, expect, it, onTestFinished } from 'vitest';

/** The settings of a function with this source as its bundle. */
function settingsOf(source: string, timeoutMs = 10_000): FunctionSettings {
  const codeFolder = mkdtempSync(join(tmpdir(), 'rollcall-lambda-'));
  writeFileSync(join(codeFolder, 'index.mjs'), source);
  onTestFinished(() => rm(codeFolder, { recursive: true }));
  return {
    name: 'test',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:test',
    role: 'arn:aws:iam::000000000000:role/test',
    handler: { module: join(codeFolder, 'index.mjs'), path: 'handler' },
    takesCallbacks: false,
    provided: {},
    compileCache: join(codeFolder, 'compiled'),
    timeoutMs,
    memoryMb: 128,
    environment: { GREETING: 'hello' },
  };
}

/** A function whose log lines and failures are collected. */
function lambda(source: string, options: { limit?: number; timeoutMs?: number } = {}) {
  const lines: string[] = [];
  const failures: FailedInvocation[] = [];
  const fn = new LambdaFunction(settingsOf(source, options.timeoutMs), {
    limit: options.limit ?? 2,
    log: (line) => lines.push(line),
    onFailure: (failure) => failures.push(failure),
  });
  onTestFinished(() => fn.stop());
  const invoke = async (event: unknown = {}) => {
    const { ok, payload } = await fn.invoke(JSON.stringify(event));
    return { ok, result: JSON.parse(payload) };
  };
  return { fn, invoke, lines, failures };
}

describe('a function', () => {
  it('gets its event, its own environment and a context', async () => {
    const { invoke, lines } = lambda(`export const handler = async (event, context) =>
      ({ event, greeting: process.env.GREETING, path: process.env.PATH, left: context.getRemainingTimeInMillis() > 0 });`);
    expect(await invoke({ a: 1 })).toEqual({ ok: true, result: { event: { a: 1 }, greeting: 'hello', left: true } });
    expect(lines.at(-1)).toMatch(/^REPORT RequestId: .*Duration: .* ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB$/);
  });

  it("excludes earlier invocations from an invocation's log tail", async () => {
    const { fn } = lambda(
      'export const handler = async ({ lines = [] }) => { for (const line of lines) console.log(line); };',
      { limit: 1 },
    );
    const tail: string[] = [];
    const before = fn.invoke(JSON.stringify({ lines: Array.from({ length: 300 }, () => 'before') }));
    await Promise.all([before, fn.invoke(JSON.stringify({ lines: ['own'] }), 'request', { tail })]);
    expect(tail.slice(0, 3)).toEqual([expect.stringMatching(/^START /), 'own', expect.stringMatching(/^END /)]);
  });

  it('reuses its instance between invocations, also after an error', async () => {
    const { invoke } = lambda(
      `let count = 0; export const handler = async ({ fail }) => {
      count++; if (fail) throw new TypeError('no'); return count; };`,
      { limit: 1 },
    );
    expect(await invoke()).toEqual({ ok: true, result: 1 });
    expect(await invoke({ fail: true })).toMatchObject({
      ok: false,
      result: { errorType: 'TypeError', errorMessage: 'no' },
    });
    expect(await invoke()).toEqual({ ok: true, result: 3 });
  });

  it('is terminated at its timeout, and restarted', async () => {
    const { invoke } = lambda('export const handler = async ({ hang }) => { while (hang); return 1; };', {
      timeoutMs: 300,
      limit: 1,
    });
    expect((await invoke({ hang: true })).result.errorMessage).toBe('Task timed out after 0.30 seconds');
    expect(await invoke()).toEqual({ ok: true, result: 1 });
  });

  it('fails the invocation in which it crashes, and is restarted', async () => {
    const { invoke } = lambda('export const handler = async ({ die }) => { if (die) process.exit(1); return 1; };', {
      limit: 1,
    });
    expect(await invoke({ die: true })).toMatchObject({ ok: false, result: { errorType: 'Runtime.ExitError' } });
    expect(await invoke()).toEqual({ ok: true, result: 1 });
  });

  it.each([
    ['ends the process', 'process.exit(1); export const handler = 1;'],
    ['throws', "throw new Error('no'); export const handler = 1;"],
    ['exports no handler', 'export const other = 1;'],
  ])('fails its invocation if its initialization %s', async (_, source) => {
    expect(await lambda(source).invoke()).toMatchObject({ ok: false, result: { errorType: 'Runtime.InitError' } });
  });

  it('reports each failed invocation with its reason, and with the request ID in its log', async () => {
    const { invoke, failures, lines } = lambda(
      `export const handler = async ({ how }) => {
         if (how === 'throw') throw new TypeError('no');
         if (how === 'exit') process.exit(1);
         while (how === 'hang');
       };`,
      { timeoutMs: 1_000, limit: 1 },
    );
    for (const how of ['throw', 'exit', 'hang', 'nothing']) await invoke({ how });
    expect(failures.map(({ functionName, reason }) => ({ functionName, reason }))).toEqual([
      { functionName: 'test', reason: 'TypeError: no' },
      { functionName: 'test', reason: 'Runtime.ExitError: Runtime exited without providing a reason' },
      { functionName: 'test', reason: 'Sandbox.Timedout: Task timed out after 1.00 seconds' },
    ]);
    for (const { requestId } of failures) {
      expect(lines.some((line) => line.startsWith(`REPORT RequestId: ${requestId}`))).toBe(true);
    }
  });

  it('runs at most `limit` instances at once; further invocations wait', async () => {
    const { invoke } = lambda(
      `import { threadId } from 'node:worker_threads';
       export const handler = async () => { await new Promise((resolve) => setTimeout(resolve, 50)); return threadId; };`,
      { limit: 2 },
    );
    const answers = await Promise.all(Array.from({ length: 6 }, () => invoke()));
    expect(new Set(answers.map(({ result }) => result)).size).toBe(2);
  });

  it('fails waiting invocations when it is stopped, and starts no further ones', async () => {
    const { fn, invoke, failures } = lambda('export const handler = async () => new Promise(() => {});', { limit: 1 });
    const pending = [invoke(), invoke()];
    await fn.stop();
    for (const { ok } of await Promise.all(pending)) expect(ok).toBe(false);
    expect((await invoke()).result.errorType).toBe('Service.Stopped');
    expect(failures).toEqual([]);
  });
});

describe('the time for initialization', () => {
  const INIT_MS = 1_000;
  async function initialize(source: string) {
    const instance = new Instance(
      settingsOf(`${source}; export const handler = async () => 'done';`),
      () => {},
      INIT_MS,
    );
    onTestFinished(() => instance.terminate());
    const { ok, payload } = await instance.invoke('request', '{}');
    return { ok, result: JSON.parse(payload) };
  }

  it('does not elapse while the thread gets no CPU', async () => {
    const halted = `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${2 * INIT_MS})`;
    expect(await initialize(halted)).toEqual({ ok: true, result: 'done' });
  });

  it.each([
    ['computes', 'for (;;);'],
    ['waits', 'await new Promise((resolve) => setTimeout(resolve, 1_000_000))'],
  ])('is limited for code that %s', async (_, source) => {
    expect(await initialize(source)).toEqual({
      ok: false,
      result: { errorType: 'Runtime.InitError', errorMessage: 'Initialization took longer than 1 seconds' },
    });
  });
});
