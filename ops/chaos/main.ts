import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { Command } from 'commander';
import pc from 'picocolors';
import { stopWithNpm } from 'rollcall/internal/stop-signals';
import { atLeast } from '../demo/options.ts';
import { KillableCloud } from './cloud.ts';
import { temporaryFolder } from './folder.ts';
import { holds, printResult } from './report.ts';
import { type Disturbance, redriveAll, rejectionInterval, run } from './run.ts';
import { withOneProvider } from './templates.ts';

stopWithNpm();

const { members, seed, concurrency, kills, json } = new Command('npm run chaos --')
  .description(
    'Registers members in an embedded cloud, injects faults into calls to AWS and to the SMS gateway, and checks guarantees G1 to G6.',
  )
  .option('--members <n>', 'number of registrations', atLeast(1), 1_000)
  .option(
    '--seed <n>',
    'seed of the members and of the random faults; which call gets which fault also depends on timing',
    atLeast(0),
    1,
  )
  .option('--concurrency <n>', 'concurrent requests', atLeast(1), 24)
  .option('--kills <n>', 'number of times that the whole cloud is killed and restarted', atLeast(0), 3)
  .option('--json', 'print only one JSON object')
  .addHelpText(
    'after',
    '\nUses only 127.0.0.1 and a temporary folder. Exit code 1: a guarantee was violated or not tested.',
  )
  .parse()
  .opts<{ members: number; seed: number; concurrency: number; kills: number; json?: boolean }>();

const rejectOneIn = rejectionInterval(members);

const log = (what: string) => {
  if (!json) console.error(pc.dim(`${new Date().toISOString().slice(11, 19)} ${what}`));
};

let redrivenDuringFaults = 0;

/**
 * Kills the cloud at equal intervals of the load. After each restart, redrives parked messages as an operator would.
 */
const killsUnderLoad = Array.from(
  { length: kills },
  (_, index): Disturbance => ({
    at: Math.ceil((members * (index + 1)) / (kills + 1)),
    async disturb(stage) {
      await cloud.kill();
      await cloud.start();
      try {
        redrivenDuringFaults += await redriveAll(stage);
      } catch (error) {
        // The calls of the redrive get faults, too. Messages that were already applied stay applied.
        log(`the redrive failed: ${(error as Error).message}`);
      }
    },
  }),
);

const folder = temporaryFolder(tmpdir(), 'rollcall-chaos-');
const assembly = withOneProvider(await synthesize(join(folder, 'assembly')));
const cloud = new KillableCloud({ assembly, data: join(folder, 'data'), seed, rejectOneIn });
try {
  const load = { members, seed, concurrency, faultLevel: 'all', rejectOneIn } as const;
  const result = {
    ...(await run(cloud, { ...load, disturbances: killsUnderLoad, log, isQuiet: json === true })),
    redrivenDuringFaults,
  };
  if (json) console.log(JSON.stringify(result, null, 2));
  else printResult(result);
  process.exitCode = holds(result) ? 0 : 1;
} finally {
  await cloud.stop();
}
