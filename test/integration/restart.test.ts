import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type CloudOptions, startCloud } from '@rollcall/local/internal/cloud';
import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { requestToken } from 'rollcall/internal/token';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { generatePeople } from '../../ops/demo/input.ts';
import { type Accepted, registerAll } from '../../ops/demo/registrations.ts';
import { createServices } from '../../ops/demo/services.ts';
import { compare } from '../../ops/demo/verdict.ts';
import { EVERY_MEMBER } from '../../ops/every-member.ts';
import { smsSandbox } from '../../ops/sms-sandbox/sandbox.ts';
import { eventually } from '../support/cloud.ts';

const root = join(import.meta.dirname, '../..');

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-data-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

interface Urls {
  apiUrl: string;
  beside: Record<string, string>;
  endpointUrl: string;
}

/** A cloud in a separate process. */
async function spawnCloud(data: string): Promise<{ child: ChildProcess; urls: Urls }> {
  const script = join(root, 'test/support/cloud-process.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, inject('dev'), data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [string];
  return { child, urls: JSON.parse(line) as Urls };
}

describe('a cloud that is killed under load', () => {
  const KILLED_AT = 40;

  it('applies all accepted registrations once, and in order, after a restart', async () => {
    const data = dataFolder();
    const first = await spawnCloud(data);
    const acceptedMembers: Accepted[] = [];
    async function* untilKilled() {
      for await (const line of generatePeople(100, Math.random)) {
        if (acceptedMembers.length >= KILLED_AT) return;
        yield line;
      }
    }
    const registering = registerAll(untilKilled(), {
      apiUrl: first.urls.apiUrl,
      token: await requestToken(first.urls.endpointUrl, EVERY_MEMBER),
      concurrency: 16,
      changeEvery: 4,
      onAccepted: (accepted) => {
        acceptedMembers.push(accepted);
        if (acceptedMembers.length === KILLED_AT) first.child.kill('SIGKILL');
      },
      onProgress: () => {},
    });
    await once(first.child, 'exit');
    // The outcome of requests in progress is unknown, so only accepted requests are checked.
    const { rejected } = await registering;
    expect(rejected.length).toBeGreaterThan(0);
    for (const { reason } of rejected) expect(reason).toContain('outcome unknown');
    expect(acceptedMembers.length).toBeGreaterThanOrEqual(KILLED_AT);

    const { urls } = await spawnCloud(data);
    const services = createServices({ ...urls, stage: 'dev' });
    const verdict = await eventually(async () => {
      if ((await services.countInTransit()) > 0) return undefined;
      const compared = compare(acceptedMembers, await services.holdings());
      return compared.lost === 0 && compared;
    });
    expect(verdict).toMatchObject({
      sms: acceptedMembers.length,
      points: acceptedMembers.length,
      guides: acceptedMembers.length,
      duplicated: 0,
      outOfOrder: 0,
    });
  });
});

describe('a data folder', () => {
  it('contains all data after a stop and a start of the cloud', async () => {
    const data = dataFolder();
    const assembly = inject('dev');
    const before = await startCloud({ assembly, data, beside: [smsSandbox()] });
    const { accepted } = await registerAll(generatePeople(5, Math.random), {
      apiUrl: before.apiUrl,
      token: await before.issuer.token(EVERY_MEMBER),
      concurrency: 5,
      changeEvery: 0,
      onProgress: () => {},
    });
    await before.stop();

    const after = await startCloud({ assembly, data, beside: [smsSandbox()] });
    onTestFinished(() => after.stop());
    const services = createServices({ ...after, stage: 'dev' });
    await eventually(async () => compare(accepted, await services.holdings()).lost === 0);
    expect(compare(accepted, await services.holdings())).toMatchObject({ sms: 5, points: 5, guides: 5, duplicated: 0 });
    const authorization = `Bearer ${await after.issuer.token(EVERY_MEMBER)}`;
    const again = await fetch(`${after.apiUrl}/v1/members/${accepted[0]?.member.id}`, { headers: { authorization } });
    expect(again.status).toBe(200);
  });
});

describe('a cloud that cannot be started', () => {
  const starting = (options: Partial<CloudOptions>) => startCloud({ assembly: inject('dev'), ...options });

  it.each(['state.db', 'dynamodb.db', 'fauxqs.db'])('reports that %s is corrupt', async (file) => {
    const data = dataFolder();
    writeFileSync(join(data, file), 'this is no database, and long enough to be taken for a broken one'.repeat(100));
    const failure = await starting({ data }).catch((error: Error) => error);
    expect(failure).toBeInstanceOf(CloudError);
    expect(failure).toHaveProperty('message', expect.stringContaining(data));
  });

  it('names the port in use', async () => {
    const server = createServer();
    const { port } = new URL(await listen(server, 0, 'test'));
    onTestFinished(() => close(server));
    await expect(starting({ ports: { aws: Number(port) } })).rejects.toThrow(
      `Port ${port}, for the AWS endpoint, is in use`,
    );
  });
});

// Another cloud may use any ephemeral port. The tests below use ports below 32768, where the ephemeral range starts.
describe('npm start', () => {
  const spawnStart = (...options: string[]) =>
    spawn(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      join(root, 'packages/cli/src/cli/main.ts'),
      'start',
      ...options,
    ]);

  /** Runs `rollcall start` until it ends. @returns its exit code and its errors */
  async function start(...options: string[]): Promise<{ code: number; output: string }> {
    const child = spawnStart(...options);
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const [code] = (await once(child, 'exit')) as [number];
    return { code, output };
  }

  it('protects its data folder from other users and from another cloud', async () => {
    const data = join(dataFolder(), 'data');
    const running = spawnStart('--data', data, '--port', '24000');
    const ended = once(running, 'exit');
    onTestFinished(async () => {
      running.kill();
      await ended;
    });
    await Promise.race([once(running.stdout, 'data'), ended]);
    expect(running.exitCode).toBeNull();
    const files = ['', ...readdirSync(data, { recursive: true, encoding: 'utf8' })];
    expect(files).toEqual(expect.arrayContaining(['state.db', 'dynamodb.db']));
    expect(files.filter((file) => statSync(join(data, file)).mode & 0o077)).toEqual([]);
    const { code, output } = await start('--data', data, '--port', '25000');
    expect([code, output]).toEqual([
      1,
      expect.stringContaining(`${data} is in use by another embedded cloud. Stop that one`),
    ]);
    expect(output).not.toMatch(/\n\s+at /);
  });

  /** The command lines of the processes that npm runs for a port. */
  const running = (port: number): string[] =>
    execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(`packages/cli/src/cli/main.ts start --memory --port ${port}`));

  it('ends together with its npm process, after any signal', async () => {
    const ending = async (signal: NodeJS.Signals, port: number) => {
      const npm = spawn('npm', ['start', '--', '--memory', '--port', String(port)], { cwd: root, stdio: 'ignore' });
      await eventually(async () => running(port).some((line) => line.startsWith('node ')));
      npm.kill(signal);
      await eventually(async () => running(port).length === 0);
    };
    await Promise.all([ending('SIGTERM', 25_000), ending('SIGINT', 26_000), ending('SIGKILL', 27_000)]);
  });

  it('refuses an invalid option', async () => {
    expect(await start('--port', 'x')).toMatchObject({ code: 2, output: expect.stringContaining('whole number') });
  });
});
