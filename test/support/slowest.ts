import type { Reporter, TestModule } from 'vitest/node';

const NAMED = 10;

const secondsOf = (module: TestModule): number => {
  const { collectDuration, setupDuration, duration } = module.diagnostic();
  return (collectDuration + setupDuration + duration) / 1000;
};

/** Lists the slowest test files at the end of a run with many files. */
export default class Slowest implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length <= NAMED) return;
    const slowest = modules.map((module) => ({ file: module.relativeModuleId, seconds: secondsOf(module) }));
    slowest.sort((a, b) => b.seconds - a.seconds);
    console.log(`\nThe slowest ${NAMED} of ${modules.length} files, in seconds:`);
    for (const { file, seconds } of slowest.slice(0, NAMED)) console.log(`${seconds.toFixed(1).padStart(7)}  ${file}`);
  }
}
