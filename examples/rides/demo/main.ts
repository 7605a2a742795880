import { SingleBar } from 'cli-progress';
import { Command } from 'rollcall/app';
import { run } from './run.ts';
import { isGood, linesOf } from './verdict.ts';

const number = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new Error(`${text} is no whole number`);
};

const options = new Command('npm run demo --')
  .description('Drivers and passengers of a town, over HTTP, on a cloud in memory. Exit code 1: the verdict is bad.')
  .option('--drivers <n>', 'how many', number, 200)
  .option('--trips <n>', 'how many', number, 1_000)
  .option('--at-once <n>', 'most trips that have not ended', number, 100)
  .option('--ride-seconds <n>', 'how long a ride takes', number, 10)
  .option('--seed <n>', 'the same people for the same seed', number, 1)
  .option('--port <n>', 'of the map', number, 4040)
  .parse()
  .opts<{ drivers: number; trips: number; atOnce: number; rideSeconds: number; seed: number; port: number }>();

const bar = new SingleBar({ format: '{bar} {value}/{total} trips ended', stream: process.stderr, noTTYOutput: false });
const started = performance.now();
const { verdict, left } = await run({
  ...options,
  onMap(url) {
    console.log(`The map: ${url}`);
    bar.start(options.trips, 0);
  },
  onProgress: (ended) => bar.update(ended),
});
bar.stop();
console.log([...linesOf(verdict, left), `in ${Math.round((performance.now() - started) / 1000)} s`].join('\n'));
process.exitCode = isGood(verdict, left) ? 0 : 1;
