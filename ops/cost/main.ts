import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { synthesize } from '../../local/synthesize.ts';
import { readAssembly } from '../../local/template/assembly.ts';
import { printJson } from '../cli/output.ts';
import { atLeast } from '../demo/options.ts';
import { endWithNpm } from '../ending.ts';
import { billOf } from './bill.ts';
import { deployedOf } from './deployed.ts';
import { committedDurations } from './durations.ts';
import { idleOf, sweepsOf } from './idle.ts';
import { operationsOf } from './operations.ts';
import { printReport, type Report } from './report.ts';
import { run } from './run.ts';

endWithNpm();

const options = new Command('npm run cost --')
  .description('Says what a registration costs: registers members on an embedded cloud in memory, and counts.')
  .option('--members <n>', 'register so many', atLeast(1), 200)
  .option('--redeem', 'let every member redeem points, and say what that costs')
  .option('--concurrency <n>', 'requests under way at once; 1: hardly a batch has two messages', atLeast(1), 32)
  .option('--by-operation', 'say which function asked which table, queue or topic for what')
  .option('--json', 'print one JSON object and nothing else')
  .parse()
  .opts<{ members: number; redeem?: boolean; concurrency: number; byOperation?: boolean; json?: boolean }>();

const STAGE = 'dev';

const folder = await mkdtemp(join(tmpdir(), 'rollcall-cost-'));
try {
  const { members, redeem = false, concurrency, byOperation = false, json = false } = options;
  const assembly = await synthesize(folder, { stage: STAGE });
  const deployed = deployedOf(readAssembly(assembly).stacks);
  const { registrations, redemptions, sweeps } = await run({
    assembly,
    stage: STAGE,
    members,
    redeem,
    concurrency,
    sweeps: deployed.sweeps,
  });
  const { polling, sweeps: sweeping, ...standing } = idleOf(deployed, sweepsOf(sweeps, deployed, committedDurations));
  const report: Report = {
    perRegistration: billOf(registrations, members, deployed, committedDurations),
    ...(redemptions && { perRedemption: billOf(redemptions, members, deployed, committedDurations) }),
    idleUsdPerMonth: polling + sweeping,
    standingUsdPerMonth: standing,
    members,
    ...(byOperation && {
      operations: {
        perRegistration: operationsOf(registrations, members),
        ...(redemptions && { perRedemption: operationsOf(redemptions, members) }),
      },
    }),
  };
  if (json) printJson(report);
  else printReport(report);
} finally {
  await rm(folder, { recursive: true });
}
