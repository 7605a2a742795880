import { startCloud } from '@rollcall/local';
import { PushProvider } from '../beside/push-provider.ts';
import { createFacts, type Facts, isEnding } from './facts.ts';
import { startMap } from './map.ts';
import { type SimulationOptions, simulate } from './simulation.ts';
import { townFor } from './town.ts';
import { type Verdict, verdictOf } from './verdict.ts';

export interface RunOptions extends Omit<SimulationOptions, 'town'> {
  /** Port of the map. */
  port: number;
  onMap: (url: string) => void | Promise<void>;
  /** Called with the number of ended trips. */
  onProgress: (ended: number) => void;
}

/** How long offers are valid in the demo. */
const OFFER_SECONDS = '5';
const SETTLED_MS = 180_000;

function countEnded(facts: Facts, onProgress: RunOptions['onProgress']): void {
  const ended = new Set<string>();
  facts.listen((fact) => {
    if (fact.is === 'shown' && isEnding(fact.kind)) onProgress(ended.add(fact.tripId).size);
  });
}

/**
 * Simulates a town on its own cloud.
 * @returns the verdict, and in `unfinished` a description of unfinished or parked work of the cloud, or undefined if
 * there is none
 */
export async function run(options: RunOptions): Promise<{ verdict: Verdict; unfinished: string | undefined }> {
  const [push, facts] = [new PushProvider(), createFacts()];
  countEnded(facts, options.onProgress);
  const town = townFor(options.drivers);
  const map = await startMap(facts, town, options.port);
  try {
    await using cloud = await startCloud({
      ...{ app: import.meta.dirname, beside: [push], environment: { OFFER_SECONDS } },
    });
    await options.onMap(map.url);
    await simulate(cloud, push, facts, { ...options, town });
    // Unfinished or parked work is returned, not thrown, so that the caller can show it with the verdict.
    const unfinished = await cloud.settled({ withinMs: SETTLED_MS }).then(
      () => undefined,
      (error: Error) => error.message,
    );
    return { verdict: verdictOf(facts.all), unfinished };
  } finally {
    map.stop();
  }
}
