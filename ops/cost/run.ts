import { type Cloud, startCloud } from '@rollcall/local/internal/cloud';
import { Meter, type Metered } from '@rollcall/local/internal/metering/meter';
import { smsSandbox } from '../sms-sandbox/sandbox.ts';
import { createPaths, type Paths } from './paths.ts';
import type { StageOfRun } from './stage-of-run.ts';

export interface RunOptions extends StageOfRun {
  members: number;
  /** Number of members to register before the measurement. */
  before?: number;
  redeem: boolean;
  concurrency: number;
  /** Names of the functions that run every minute. */
  sweeps: readonly string[];
}

export interface Run {
  registrations: Metered;
  redemptions: Metered | undefined;
  /** One idle run of each sweep. */
  sweeps: Metered;
}

/** Registrations until instances, connections and caches are warm. */
const WARM_UP = 20;

/** Runs an action on an embedded cloud that runs in memory and counts billable usage. */
export async function metering<T>(
  { assembly, stage, parameters, environment, concurrency }: StageOfRun & { concurrency: number },
  act: (running: { cloud: Cloud; meter: Meter; paths: Paths }) => Promise<T>,
): Promise<T> {
  const meter = new Meter();
  const cloud = await startCloud({ assembly, beside: [smsSandbox()], meter, parameters, environment });
  try {
    return await act({ cloud, meter, paths: await createPaths({ cloud, stage, concurrency }) });
  } finally {
    await cloud.stop();
  }
}

/** Meters registrations, redemptions if `redeem` is set, and one idle run of each sweep. */
export const run = (options: RunOptions): Promise<Run> =>
  metering(options, async ({ cloud, meter, paths }) => {
    const { members, before = 0, redeem, sweeps } = options;
    const sweep = async () => {
      for (const name of sweeps) await cloud.functions.get(name)?.invoke('{}');
    };
    await paths.register(before);
    const warm = await paths.register(WARM_UP);
    if (redeem) await paths.redeem(warm);
    await sweep();
    meter.readAndReset();
    const registered = await paths.register(members);
    const registrations = meter.readAndReset();
    if (redeem) await paths.redeem(registered);
    const redemptions = meter.readAndReset();
    await sweep();
    return { registrations, redemptions: redeem ? redemptions : undefined, sweeps: meter.readAndReset() };
  });
