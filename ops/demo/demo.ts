import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startCloud } from '@rollcall/local/internal/cloud';
import type { CloudDescription } from '@rollcall/local/internal/control/control';
import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { Command } from 'commander';
import pc from 'picocolors';
import { progressBar } from 'rollcall/internal/cli/output';
import { subscribersOf } from 'rollcall/internal/stage/consumers';
import { OperatorError } from 'rollcall/internal/stage/errors';
import { stopWithNpm } from 'rollcall/internal/stop-signals';
import { requestToken } from 'rollcall/internal/token';
import { EVERY_MEMBER } from '../every-member.ts';
import { smsSandbox } from '../sms-sandbox/sandbox.ts';
import { generatePeople, type Line } from './input.ts';
import { openInput } from './input-file.ts';
import { atLeast } from './options.ts';
import { compareRedemptions, type RedemptionVerdict } from './redemptions.ts';
import { type Registrations, registerAll } from './registrations.ts';
import { linesOf, summaryOf } from './report.ts';
import { createServices } from './services.ts';
import { compare, type FurtherEffects, type Verdict } from './verdict.ts';

const command = new Command('npm run demo --')
  .description('Registers members over HTTP, waits for all effects, and compares them with the registrations.')
  .option('--members <n>', 'register this many generated members', atLeast(1))
  .option('--input <file>', 'register the people in a file: CSV with the header phone,name,locale, or JSON Lines')
  .option('--change-every <n>', 'let every nth member change the locale after registration; 0: none', atLeast(0), 20)
  .option('--redeem <points>', 'let every member redeem this many points', atLeast(1))
  .option('--concurrency <n>', 'concurrent requests', atLeast(1), 32)
  .option('--endpoint <url>', 'AWS endpoint of a running embedded cloud', 'http://127.0.0.1:4566')
  .option('--json', 'print only one JSON object')
  .addHelpText(
    'after',
    '\nIf no embedded cloud runs at the endpoint, the demo starts one in memory.\nExit code 1: the demo cannot run, no member was registered, or an effect was lost, duplicated or out of order.',
  );

interface Options {
  members?: number;
  input?: string;
  changeEvery: number;
  redeem?: number;
  concurrency: number;
  endpoint: string;
  json?: boolean;
}

const STAGE = 'dev';
/** The time without progress after which missing effects are reported as lost. Longer than the visibility timeout. */
const PATIENCE_MS = 90_000;

/**
 * Runs the demo with the options of the command line, and sets the exit code.
 * @param further effects that each member must have in addition to the application's own
 */
export async function demo(further: FurtherEffects = {}): Promise<void> {
  stopWithNpm();
  try {
    process.exitCode = await run(command.parse().opts<Options>(), further);
  } catch (error) {
    if (!(error instanceof CloudError || error instanceof OperatorError)) throw error;
    console.error(pc.red(error.message));
    process.exitCode = 1;
  }
}

async function run(options: Options, further: FurtherEffects): Promise<number> {
  const { lines, total } = await input(options);
  const { endpointUrl, stop } = await findOrStartCloud(options.endpoint);
  try {
    const before = await describe(endpointUrl);
    const services = createServices({ ...before, endpointUrl, stage: STAGE });
    const deployed = subscribersOf(await services.consumers());
    const missing = Object.keys(further).filter((name) => !deployed.includes(name));
    if (missing.length > 0)
      throw new CloudError(
        `The cloud at ${endpointUrl} has no subscriber ${missing}. Stop that cloud, or restart it in this folder: npm start`,
      );
    const bar = progressBar(total, 'registering');
    const start = performance.now();
    const registrations = await registerAll(lines, {
      apiUrl: before.apiUrl,
      token: await requestToken(endpointUrl, EVERY_MEMBER),
      concurrency: options.concurrency,
      changeEvery: options.changeEvery,
      redeem: options.redeem,
      onProgress: (done) => bar.update(done),
    });
    const registeredSeconds = (performance.now() - start) / 1000;
    const { accepted, rejected } = registrations;
    bar.update(accepted.length + rejected.length, 'waiting for the effects');
    const { verdict, redemptions } = await awaitEffects(registrations, services, further);
    const seconds = (performance.now() - start) / 1000;
    bar.stop();
    const after = await describe(endpointUrl);
    const awsCalls = difference(before.calls, after.calls);
    const requestedRedemptions = options.redeem === undefined ? undefined : redemptions;
    const summary = summaryOf(registrations, verdict, requestedRedemptions, { seconds, registeredSeconds, awsCalls });
    console.log(options.json ? JSON.stringify(summary, null, 2) : linesOf(summary).join('\n'));
    const wrong = [verdict.lost, verdict.duplicated, verdict.outOfOrder, redemptions.lost, redemptions.duplicated];
    return accepted.length > 0 && wrong.every((count) => count === 0) ? 0 : 1;
  } finally {
    await stop();
  }
}

async function describe(endpointUrl: string): Promise<CloudDescription> {
  return (await (await fetch(`${endpointUrl}/_rollcall`)).json()) as CloudDescription;
}

async function findOrStartCloud(endpoint: string): Promise<{ endpointUrl: string; stop: () => Promise<void> }> {
  try {
    await describe(endpoint);
    return { endpointUrl: endpoint, stop: async () => {} };
  } catch {
    console.error(pc.dim(`No embedded cloud responds at ${endpoint}. Starting one in memory.`));
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-demo-'));
    const cloud = await startCloud({ assembly: await synthesize(folder), beside: [smsSandbox()] });
    return {
      endpointUrl: cloud.endpointUrl,
      async stop() {
        await cloud.stop();
        await rm(folder, { recursive: true });
      },
    };
  }
}

interface Input {
  lines: AsyncIterable<Line>;
  /** The number of lines. Undefined if the lines of the file were not counted. */
  total: number | undefined;
}

async function input({ members, input: file }: Options): Promise<Input> {
  if (members !== undefined && file !== undefined) throw new CloudError('Give either --members or --input, not both.');
  if (file === undefined) return { lines: generatePeople(members ?? 100, Math.random), total: members ?? 100 };
  const lines = await openInput(file);
  // Counts only if progress is displayed, and if the file can be read twice.
  const isCounted = process.stderr.isTTY && statSync(file).isFile() && !/^\/(dev|proc)\//.test(file);
  return { lines, total: isCounted ? await countOf(await openInput(file)) : undefined };
}

async function countOf(lines: AsyncIterable<Line>): Promise<number> {
  let count = 0;
  for await (const _ of lines) count++;
  return count;
}

interface Verdicts {
  verdict: Verdict;
  redemptions: RedemptionVerdict;
}

async function awaitEffects(
  { accepted, redemptions }: Registrations,
  services: ReturnType<typeof createServices>,
  further: FurtherEffects,
): Promise<Verdicts> {
  let least = Number.POSITIVE_INFINITY;
  let leastSince = performance.now();
  const evaluate = async (): Promise<Verdicts> => {
    const [members, holdings] = await Promise.all([services.members(), services.holdings()]);
    return {
      verdict: compare(accepted, holdings, further),
      redemptions: compareRedemptions(redemptions, members, holdings.items),
    };
  };
  for (;;) {
    const inTransit = await services.countInTransit();
    if (inTransit === 0) {
      const verdicts = await evaluate();
      if (verdicts.verdict.lost + verdicts.redemptions.lost === 0) return verdicts;
    }
    if (inTransit < least) {
      least = inTransit;
      leastSince = performance.now();
    }
    if (performance.now() - leastSince > PATIENCE_MS) return evaluate();
    await delay(200);
  }
}

function difference(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after)
      .map(([name, count]) => [name, count - (before[name] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
}
