import { startCloud } from '../../local/cloud.ts';
import { Meter, type Metered } from '../../local/meter.ts';
import { createPaths } from './paths.ts';

export interface RunOptions {
  assembly: string;
  stage: string;
  members: number;
  redeem: boolean;
  concurrency: number;
  /** Functions that run each minute. */
  sweeps: readonly string[];
}

export interface Run {
  registrations: Metered;
  redemptions: Metered | undefined;
  /** One run of each sweep, with nothing to do. */
  sweeps: Metered;
}

/** Until instances, connections and caches are warm. */
const WARM_UP = 20;

/** Registers members on an embedded cloud in memory, without tracing, and meters what that asks of AWS. */
export async function run({ assembly, stage, members, redeem, concurrency, sweeps }: RunOptions): Promise<Run> {
  const meter = new Meter();
  const cloud = await startCloud({ assembly, meter, environment: { OTEL_SDK_DISABLED: 'true' } });
  const sweep = async () => {
    for (const name of sweeps) await cloud.functions.get(name)?.invoke('{}');
  };
  try {
    const paths = await createPaths({ cloud, stage, concurrency });
    const warm = await paths.register(WARM_UP);
    if (redeem) await paths.redeem(warm);
    await sweep();
    meter.take();
    const registered = await paths.register(members);
    const registrations = meter.take();
    if (redeem) await paths.redeem(registered);
    const redemptions = meter.take();
    await sweep();
    return { registrations, redemptions: redeem ? redemptions : undefined, sweeps: meter.take() };
  } finally {
    await cloud.stop();
  }
}
