import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Command, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import { importRunner, mutants } from './mutants.ts';
import type { RunOptions, RunResult, WorldName } from './runner.ts';

interface Options {
  world: WorldName;
  seconds?: number;
  schedules?: number;
  seed: number;
  path?: string;
  mutant?: string;
  mutants?: boolean;
  shrink: boolean;
  json?: boolean;
}

/**
 * For `--mutants` without `--schedules`: the maximum number of schedules for a mutant. If none of them violates a
 * guarantee that the mutant is expected to break, the mutant is reported as not found.
 */
const MAX_SCHEDULES = 1_000;

const wholeNumber = (text: string): number => {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('It must be a whole number, at least 1.');
};

function mutantNamed(name: string) {
  const mutant = mutants.find((one) => one.name === name);
  if (mutant) return mutant;
  throw new InvalidArgumentError(`The mutants are: ${mutants.map((one) => one.name).join(', ')}.`);
}

/**
 * Runs one worker per core, each with a different seed. Runs only one worker for a single schedule or a fixed number of
 * schedules.
 */
async function inParallel(options: Options): Promise<RunResult[]> {
  const { path, schedules } = options;
  const workers = path || schedules ? 1 : availableParallelism();
  const started = Array.from({ length: workers }, (_, index) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { ...options, seed: options.seed + index } });
    return once(worker, 'message').then(([result]) => result as RunResult);
  });
  return Promise.all(started);
}

/** Runs schedules in a worker. */
async function work(options: Options): Promise<void> {
  const { runSchedules } = await importRunner(options.mutant);
  parentPort?.postMessage(await runSchedules(options as RunOptions));
}

/** Prints the trace and the violations of a failing schedule, and the command that repeats it. */
async function explain(
  { seed, path, scenario, violations }: NonNullable<RunResult['failure']>,
  { world, mutant }: Pick<Options, 'world' | 'mutant'>,
) {
  const { replay } = await importRunner(mutant);
  await replay(world, scenario, (line) => console.log(pc.dim(line)));
  for (const { guarantee, what } of violations) console.log(pc.red(`${pc.bold(guarantee)} violated: ${what}`));
  const moreOptions = [
    ...(world === 'members' ? [] : [` --world ${world}`]),
    ...(mutant ? [` --mutant ${mutant}`] : []),
  ];
  console.log(`\nTo run only this schedule: npm run simulate -- --seed ${seed} --path ${path}${moreOptions.join('')}`);
}

/** The result of running a mutant with the schedules of its seed. */
export type MutantResult = Pick<RunResult, 'schedules' | 'seconds'> & {
  name: string;
  violated: string[];
  isFound: boolean;
};

/**
 * Runs all mutants in one process. Most of them are found immediately, so parallel processes would save little time.
 */
async function tryMutants({ schedules = MAX_SCHEDULES, json }: Options): Promise<void> {
  const results: MutantResult[] = [];
  for (const { name, seed = 1, breaks, world = 'members' } of mutants) {
    const { runSchedules } = await importRunner(name);
    const { failure, ...ran } = await runSchedules({ world, seed, schedules, shrink: false });
    const violated = [...new Set(failure?.violations.map(({ guarantee }) => guarantee))];
    const isFound = breaks.some((guarantee) => violated.includes(guarantee));
    results.push({ name, ...ran, violated, isFound });
    if (!json)
      console.log(
        `${isFound ? pc.green('found') : pc.red('not found')} ${name}, ${ran.schedules} schedules: ${violated}`,
      );
  }
  if (json) console.log(JSON.stringify(results));
  process.exitCode = results.every(({ isFound }) => isFound) ? 0 : 1;
}

async function main(): Promise<void> {
  const options = new Command('npm run simulate --')
    .description(
      'Runs the kit against simulated services with every failure that AWS allows. A core stops early if it finds a violation.',
    )
    .addOption(
      new Option(
        '--world <world>',
        'the simulated system: the member application, scheduled messages, or processes; a mutant sets its own world',
      )
        .choices(['members', 'later', 'sagas'])
        .default('members'),
    )
    .option('--seconds <n>', 'duration', wholeNumber)
    .option('--schedules <n>', 'number of schedules', wholeNumber)
    .option('--seed <n>', 'seed that determines every schedule', wholeNumber, 1)
    .option('--path <path>', 'run one schedule of the seed; a failure prints its path')
    .option(
      '--mutant <name>',
      'run the kit with this defect, which the checker must find',
      (name) => mutantNamed(name).name,
    )
    .option('--mutants', 'run every mutant with its own seed')
    .option('--no-shrink', 'do not simplify a failing schedule')
    .option('--json', 'print only one JSON object')
    .addHelpText(
      'after',
      `\nMutants: ${mutants.map(({ name }) => name).join(', ')}\nExit code 1: a guarantee was violated, or a mutant of --mutants was not found.`,
    )
    .parse()
    .opts<Options>();
  if (options.mutants) return tryMutants(options);
  const mutant = mutants.find(({ name }) => name === options.mutant);
  if (mutant?.world) options.world = mutant.world;
  if (!options.path && !options.schedules) options.seconds ??= 10;

  const results = await inParallel(options);
  const schedules = results.reduce((sum, result) => sum + result.schedules, 0);
  const seconds = Math.max(...results.map((result) => result.seconds));
  const failure = results.find((result) => result.failure)?.failure;
  const summary = {
    schedules,
    seconds,
    schedulesPerSecond: Math.round(schedules / seconds),
    ...(failure && { failure }),
  };
  if (options.json) console.log(JSON.stringify(summary));
  else {
    if (failure) await explain(failure, options);
    console.log(`${schedules} schedules in ${seconds.toFixed(1)} s: ${summary.schedulesPerSecond} a second`);
    if (!failure) console.log(pc.green('no violation'));
  }
  process.exitCode = failure ? 1 : 0;
}

await (isMainThread ? main() : work(workerData as Options));
