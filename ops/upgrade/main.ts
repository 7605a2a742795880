import { join } from 'node:path';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { Command } from 'commander';
import pc from 'picocolors';
import { stopWithNpm } from 'rollcall/internal/stop-signals';
import { KillableCloud } from '../chaos/cloud.ts';
import { temporaryFolder } from '../chaos/folder.ts';
import { holds, printResult } from '../chaos/report.ts';
import { type Disturbance, redriveAll, rejectionInterval, run } from '../chaos/run.ts';
import { withOneProvider } from '../chaos/templates.ts';
import { atLeast } from '../demo/options.ts';
import { earlierVersion } from '../release/fixtures.ts';
import { synthesizeEarlier } from './earlier.ts';

stopWithNpm();

const root = process.cwd();
const program = new Command('npm run upgrade --')
  .description(
    'Upgrades an earlier version to this one under load, then downgrades. During each deployment, functions of both versions run. Checks guarantees G1 to G6 both times.',
  )
  .option(
    '--from <ref>',
    'the earlier version: a tag, a branch or a commit (default: the last release with different code)',
  )
  .option('--members <n>', 'number of registrations', atLeast(10), 300)
  .option('--seed <n>', 'seed of the generated members', atLeast(0), 1)
  .option('--concurrency <n>', 'concurrent requests', atLeast(1), 12)
  .option('--forward', 'only upgrade from the earlier version')
  .option('--back', 'only downgrade to the earlier version')
  .option('--json', 'print only one JSON object')
  .addHelpText(
    'after',
    '\nUses only 127.0.0.1 and a temporary folder, except to install the packages of the earlier version. Exit code 1: a guarantee was violated, or the previous version ran no function after a deployment.',
  )
  .parse();
const { from, members, seed, concurrency, json, ...only } = program.opts<{
  from?: string;
  members: number;
  seed: number;
  concurrency: number;
  forward?: boolean;
  back?: boolean;
  json?: boolean;
}>();

/**
 * The previous code handles half of the invocations, so that functions of both versions may handle the same message.
 */
const PREVIOUS_WEIGHT = 0.5;
const rejectOneIn = rejectionInterval(members);

const log = (what: string) => {
  if (!json) console.error(pc.dim(`${new Date().toISOString().slice(11, 19)} ${what}`));
};

/** Runs a load that starts on one version and ends on the other. In between, both versions run. */
async function upgrade(direction: string, before: string, after: string, data: string) {
  const cloud = new KillableCloud({ assembly: before, data, seed, rejectOneIn });
  let onPrevious = 0;
  const disturbances: Disturbance[] = [
    {
      at: Math.ceil(members / 3),
      async disturb(stage) {
        log(`${direction}: deploying the other version over the running one`);
        await cloud.deploy(after, PREVIOUS_WEIGHT);
        await redriveAll(stage);
      },
    },
    {
      at: Math.ceil((members * 2) / 3),
      async disturb() {
        onPrevious = await cloud.retire();
        log(
          `${direction}: the previous version handled ${onPrevious} invocations after the deployment, and is now removed`,
        );
      },
    },
  ];
  try {
    const load = { members, seed, concurrency, faultLevel: 'rejections', rejectOneIn } as const;
    const result = await run(cloud, { ...load, disturbances, log, isQuiet: json === true });
    return { direction, onPrevious, ...result };
  } finally {
    await cloud.stop();
  }
}

/** @returns the git revision, and a readable name */
function earlierRevision(): { ref: string; name: string } {
  if (from !== undefined) return { ref: from, name: from };
  try {
    const { version, commit } = earlierVersion(root);
    return { ref: commit, name: version };
  } catch (error) {
    return program.error((error as Error).message);
  }
}

const { ref, name } = earlierRevision();
// The folder is in the project's file system, because hard links cannot cross file systems.
const folder = temporaryFolder(join(root, 'dist'), 'upgrade-');
log(`synthesizing ${name}`);
const earlier = withOneProvider(await synthesizeEarlier(root, ref, join(folder, 'earlier')));
const current = withOneProvider(await synthesize(join(folder, 'current')));
const directions = [
  ...(only.back ? [] : [[`${name} to this version`, earlier, current] as const]),
  ...(only.forward ? [] : [[`this version back to ${name}`, current, earlier] as const]),
];
const results: Array<Awaited<ReturnType<typeof upgrade>>> = [];
for (const [index, [direction, before, after]] of directions.entries()) {
  const result = await upgrade(direction, before, after, join(folder, `data-${index}`));
  if (!json) {
    console.log(pc.bold(`\n${result.direction}`));
    printResult(result);
  }
  results.push(result);
}
if (json) console.log(JSON.stringify(results, null, 2));
process.exitCode = results.every((result) => holds(result) && result.onPrevious > 0) ? 0 : 1;
