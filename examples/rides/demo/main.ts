import { SingleBar } from 'cli-progress';
import { Command } from 'rollcall/app';
import { run } from './run.ts';
import { isGood, linesOf } from './verdict.ts';

const number = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new Error(`${text} is not a whole number`);
};

const options = new Command('npm run demo --')
  .description(
    'Simulates drivers and passengers of a town, who call the API of a cloud in memory. Exit code 1: a check failed.',
  )
  .option('--drivers <n>', 'number of drivers', number, 200)
  .option('--trips <n>', 'number of trips', number, 1_000)
  .option('--at-once <n>', 'maximum number of trips at the same time', number, 100)
  .option('--ride-seconds <n>', 'duration of a ride', number, 10)
  .option('--seed <n>', 'seed of the random numbers', number, 1)
  .option('--port <n>', 'port of the map', number, 4040)
  .parse()
  .opts<{ drivers: number; trips: number; atOnce: number; rideSeconds: number; seed: number; port: number }>();

const bar = new SingleBar({ format: '{bar} {value}/{total} trips ended', stream: process.stderr, noTTYOutput: false });
const started = performance.now();
const { verdict, unfinished } = await run({
  ...options,
  onMap(url) {
    console.log(`The map: ${url}`);
    bar.start(options.trips, 0);
  },
  onProgress: (ended) => bar.update(ended),
});
bar.stop();
console.log([...linesOf(verdict, unfinished), `in ${Math.round((performance.now() - started) / 1000)} s`].join('\n'));
process.exitCode = isGood(verdict, unfinished) ? 0 : 1;
