import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { readAssembly } from '@rollcall/local/internal/template/assembly';
import { Command } from 'commander';
import pc from 'picocolors';
import { printJson } from 'rollcall/internal/cli/output';
import { stopWithNpm } from 'rollcall/internal/stop-signals';
import { stageNamed } from '../../infra/stages.ts';
import { atLeast } from '../demo/options.ts';
import { billOf, busyCalls } from './bill.ts';
import { deployedOf } from './deployed.ts';
import { write as writeDocuments } from './documents.ts';
import { featuresOf } from './features.ts';
import { committedFigures, figuresOf } from './figures.ts';
import { idleOf, sweepsOf } from './idle.ts';
import { scheduledMessageCosts } from './later.ts';
import { operationsOf } from './operations.ts';
import { processCosts } from './process.ts';
import { printReport, type Report } from './report.ts';
import { run } from './run.ts';
import { stageOfRun } from './stage-of-run.ts';
import { measureDurations } from './warm-runs.ts';

stopWithNpm();

const options = new Command('npm run cost --')
  .description(
    'Measures the cost of a registration, a step of a process, and a scheduled message on embedded clouds in memory.',
  )
  .option('--members <n>', 'number of registrations', atLeast(1), 200)
  .option('--before <n>', 'number of members to register before the measurement', atLeast(0), 0)
  .option('--redeem', 'let every member redeem points, and show the cost of a redemption')
  .option('--concurrency <n>', 'concurrent requests; with 1, most batches have one message', atLeast(1), 32)
  .option('--stage <name>', 'use the settings of this stage, except limits that a single machine would reach', 'dev')
  .option('--by-operation', 'show the calls by function, operation, and table, queue or topic')
  .option('--json', 'print only one JSON object, without the cost of each feature')
  .option(
    '--write',
    'also measure durations; write ops/cost/figures.json and the tables in docs/ that are generated from it',
  )
  .parse()
  .opts<{
    members: number;
    before: number;
    redeem?: boolean;
    concurrency: number;
    stage: string;
    byOperation?: boolean;
    json?: boolean;
    write?: boolean;
  }>();

const folder = await mkdtemp(join(tmpdir(), 'rollcall-cost-'));
const synthesized = async (stage: string) =>
  deployedOf(readAssembly(await synthesize(join(folder, stage), { stage })).stacks);
try {
  const { members, before, concurrency, stage, byOperation = false, json = false, write = false } = options;
  stageNamed(stage);
  const assembly = await synthesize(join(folder, stage), { stage });
  const deployed = await deployedOf(readAssembly(assembly).stacks);
  const running = stageOfRun(assembly, stage);
  const durations = write ? await measureDurations(running) : committedFigures.durations;
  const redeem = write || options.redeem === true;
  const { registrations, redemptions, sweeps } = await run({
    ...running,
    members,
    before,
    redeem,
    concurrency,
    sweeps: deployed.sweeps,
  });
  if (write && redemptions) {
    const on = new Date().toISOString().slice(0, 10);
    const figures = figuresOf({ registrations, redemptions, sweeps }, { members, stage, on }, deployed, durations);
    await writeDocuments(
      figures,
      { dev: await synthesized('dev'), prod: await synthesized('prod') },
      stageNamed('prod'),
    );
  }
  const {
    polling,
    sweeps: sweeping,
    ...otherIdleUsdPerMonth
  } = idleOf(deployed, sweepsOf(sweeps, deployed, durations));
  const operations = (metered: typeof registrations) => operationsOf(busyCalls(metered, deployed), members);
  const report: Report = {
    perRegistration: billOf(registrations, members, deployed, durations),
    ...(redemptions && { perRedemption: billOf(redemptions, members, deployed, durations) }),
    pollingAndSweepsUsdPerMonth: polling + sweeping,
    otherIdleUsdPerMonth,
    members,
    ...(byOperation && {
      operations: {
        perRegistration: operations(registrations),
        ...(redemptions && { perRedemption: operations(redemptions) }),
      },
    }),
    ...(!json && { features: await featuresOf({ assembly, stage, deployed, durations }) }),
    process: await processCosts(),
    scheduledMessages: await scheduledMessageCosts(),
  };
  if (json) printJson(report);
  else printReport(report);
} catch (error) {
  console.error(pc.red((error as Error).message));
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
