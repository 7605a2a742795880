import type { Metered } from '@rollcall/local/internal/metering/meter';
import { type Bill, billOf } from './bill.ts';
import type { Deployed } from './deployed.ts';
import type { Durations } from './durations.ts';
import prices from './prices.json' with { type: 'json' };
import { run } from './run.ts';
import { stageOfRun } from './stage-of-run.ts';

/** The cost of one thing that the report measures: a feature, a part of a process, or a scheduled message. */
export interface CostRow {
  what: string;
  calls: number;
  writeUnits: number;
  usdPerMillion: number;
  /** The method of measurement. */
  measuredBy: string;
}

export interface FeaturesOptions {
  assembly: string;
  stage: string;
  deployed: Deployed;
  durations: Durations;
}

/** Enough to compare runs, because the numbers hardly vary with one request at a time. */
const MEMBERS = 20;

const isOfLimits = (resource: string) => /-limits$/.test(resource);
const isOfReplies = (name: string) => name.includes('registration-replies');

/**
 * Measures the cost that each feature adds to a registration. If a setting turns the feature on, compares runs with
 * and without this setting. Otherwise, counts the calls that only this feature makes.
 */
export async function featuresOf(options: FeaturesOptions): Promise<CostRow[]> {
  const { assembly, stage, deployed, durations } = options;
  const runWith = async (differences: { tracing?: boolean; receipts?: boolean }) => {
    const common = { members: MEMBERS, redeem: false, concurrency: 1, sweeps: [] };
    const { registrations } = await run({ ...common, ...stageOfRun(assembly, stage, differences) });
    return registrations;
  };
  const [plain, silent, traced] = [
    await runWith({}),
    await runWith({ receipts: false }),
    await runWith({ tracing: true }),
  ];
  const billed = (metered: Metered) => billOf(metered, MEMBERS, deployed, durations);
  const limits = billed(only(plain, ({ resource }) => isOfLimits(resource)));
  const replies = billed(only(plain, ({ caller, resource }) => isOfReplies(caller) || isOfReplies(resource)));
  const tracing = difference(billed(traced), billed(plain));
  return [
    row('limits', limits, 'calls to the tables of limits'),
    row('replies, including receipts', replies, 'calls to the queue of replies, and calls of its function'),
    row('receipts', difference(billed(plain), billed(silent)), 'compared with a run without the setting sms.receipts'),
    {
      ...row(
        'tracing of every registration',
        tracing,
        'compared with a run without tracing, plus the price of a trace; longer durations are not included',
      ),
      usdPerMillion: tracing.usdPerMillion + prices.monitoring.perMillionTraces,
    },
    row('archive', { calls: 0, writeUnits: 0, usdPerMillion: 0 }, archived(billed(plain))),
  ];
}

const archived = ({ byService: { sns } }: Bill) =>
  `no calls; SNS charges for ${Math.round(sns.bytes)} bytes: https://aws.amazon.com/sns/pricing/`;

type Difference = Pick<Bill, 'calls' | 'writeUnits' | 'usdPerMillion'>;

export const row = (what: string, { calls, writeUnits, usdPerMillion }: Difference, measuredBy: string): CostRow => ({
  what,
  calls,
  writeUnits,
  usdPerMillion,
  measuredBy,
});

export const difference = (more: Bill, less: Bill): Difference => ({
  calls: more.calls - less.calls,
  writeUnits: more.writeUnits - less.writeUnits,
  usdPerMillion: more.usdPerMillion - less.usdPerMillion,
});

/** Selects calls of a run. Includes the functions for replies if they made selected calls. */
function only(metered: Metered, isWanted: (call: Metered['calls'][number]) => boolean): Metered {
  const calls = metered.calls.filter(isWanted);
  const functions = Object.entries(metered.functions).filter(
    ([name]) => isOfReplies(name) && calls.some(({ caller }) => caller === name),
  );
  return { ...metered, calls, functions: Object.fromEntries(functions), requests: {} };
}
