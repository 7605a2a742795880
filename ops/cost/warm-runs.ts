import { setTimeout as delay } from 'node:timers/promises';
import type { Invocation, Metered } from '@rollcall/local/internal/metering/meter';
import { type Duration, type Durations, durationOf } from './durations.ts';
import { shortName } from './operations.ts';
import { metering } from './run.ts';
import type { StageOfRun } from './stage-of-run.ts';

/**
 * The latency to add to each AWS call of a function, because the embedded cloud responds faster than AWS. This latency
 * is typical of DynamoDB.
 */
export const LATENCY_MS = 5;

/** Number of members to measure one by one. */
const ONE_BY_ONE = 15;
/** The maximum number of messages in a batch that Lambda receives from a FIFO queue. */
const BATCH = 10;
const POLL_INTERVAL_MS = 20;

/** The functions that handle a registration's messages, in the order in which the messages reach them. */
const CONSUMERS = [
  'registration-outbox-relay',
  'sms-consume',
  'points-consume',
  'guide-consume',
  'registration-replies-consume',
];

/** Measures the durations of functions without other load: first with one message at a time, then with ten. */
export const measureDurations = (stage: StageOfRun): Promise<Durations> =>
  metering({ ...stage, concurrency: 1 }, async ({ cloud, meter, paths }) => {
    async function control(path: string, method: string): Promise<void> {
      const { ok } = await fetch(`${cloud.endpointUrl}/_rollcall/${path}`, { method });
      if (!ok) throw new Error(`The embedded cloud refuses ${method} ${path}.`);
    }
    await control(`latency/${LATENCY_MS}`, 'PUT');
    const everything = async () => {
      const registered = await paths.register(1);
      await paths.redeem(registered);
      await paths.deactivate(await paths.change(registered));
    };
    await everything();
    meter.readAndReset();
    for (let round = 0; round < ONE_BY_ONE; round++) await everything();
    const single = meter.readAndReset();

    const consumers = CONSUMERS.map((name) => `rollcall-${stage.stage}-${name}`);
    for (const name of consumers) await control(`broken/${name}`, 'PUT');
    for (let member = 0; member < BATCH; member++) await paths.registerOne();
    for (const name of consumers) {
      await control(`broken/${name}`, 'DELETE');
      while (meter.recordsOf(name) < BATCH || !cloud.isIdle()) await delay(POLL_INTERVAL_MS);
    }
    await paths.settled();
    return durationsIn([single, meter.readAndReset()]);
  });

/** Returns the durations of all functions except sweeps, over all runs. */
export function durationsIn(runs: readonly Metered[]): Durations {
  const invocations = new Map<string, Invocation[]>();
  for (const { functions } of runs)
    for (const [name, metered] of Object.entries(functions))
      invocations.set(name, [...(invocations.get(name) ?? []), ...metered.invocations]);
  const rounded = ({ base, perRecord }: Duration) => ({
    base: Math.round(base * 10) / 10,
    perRecord: Math.round(perRecord * 10) / 10,
  });
  // Sweeps are left out, because in these runs they ran on their schedule, some with work and some without. They are
  // billed for the time that was measured in one idle run of each sweep (run.ts).
  return Object.fromEntries(
    [...invocations]
      .filter(([name]) => !name.endsWith('-sweep'))
      .map(([name, ofFunction]) => [shortName(name), rounded(durationOf(ofFunction))] as const)
      .toSorted(),
  );
}
