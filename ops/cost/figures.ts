import type { HotItem, Metered } from '@rollcall/local/internal/metering/meter';
import { type Bill, billOf, busyCalls } from './bill.ts';
import type { Deployed } from './deployed.ts';
import type { Durations } from './durations.ts';
import figures from './figures.json' with { type: 'json' };
import { sweepsOf } from './idle.ts';
import { shortName } from './operations.ts';

/** The measured figures. They are committed, because the capacity model and cost estimates use them. */
export interface Figures {
  /** The command that measured the figures. */
  by: string;
  /** The date of the measurement. */
  on: string;
  stage: string;
  members: number;
  durations: Durations;
  perRegistration: Bill & Load;
  perRedemption: Bill;
  /** The usage of one idle run of every sweep, in total. */
  sweeps: Bill;
}

/** The usage per registration that limits the rate of registrations. */
export interface Load {
  /** Write units by table or index (`table/index`). */
  tables: Record<string, number>;
  /** By table and kind of key: the updates of the most updated item. 1 means that every registration updates it. */
  hottest: HotItem[];
  /** Invocations by function. */
  invocations: Record<string, number>;
  /** Non-empty receives and received messages, by the queue that Lambda polls. */
  received: Record<string, { calls: number; messages: number }>;
}

export const committedFigures = figures as unknown as Figures;

const rounded = (value: number) => Math.round(value * 1000) / 1000;

/** Rounds a bill, because people read the figures and compare them with earlier ones. */
const roundedBill = (bill: Bill) =>
  JSON.parse(JSON.stringify(bill, (_, value) => (typeof value === 'number' ? rounded(value) : value))) as Bill;

export function loadOf(metered: Metered, count: number, deployed: Deployed): Load {
  const calls = busyCalls(metered, deployed);
  const tables: Record<string, number> = {};
  for (const [table, { write }] of calls.flatMap(({ units }) => Object.entries(units)))
    if (write > 0) tables[shortName(table)] = (tables[shortName(table)] ?? 0) + write / count;
  const received = calls.filter(({ operation }) => operation === 'ReceiveMessage');
  return {
    tables: roundedAll(tables),
    hottest: metered.hottest.map(({ table, kind, updates }) => ({
      table: shortName(table),
      kind,
      updates: rounded(updates / count),
    })),
    invocations: roundedAll(
      Object.fromEntries(
        Object.entries(metered.functions)
          .filter(([name]) => !deployed.sweeps.includes(name))
          .map(([name, { invocations }]) => [shortName(name), invocations.length / count]),
      ),
    ),
    received: Object.fromEntries(
      received.map(({ resource, calls, messages }) => [
        shortName(resource),
        { calls: rounded(calls / count), messages: rounded(messages / count) },
      ]),
    ),
  };
}

const roundedAll = (values: Record<string, number>) =>
  Object.fromEntries(
    Object.entries(values)
      .map(([name, value]) => [name, rounded(value)] as const)
      .toSorted(),
  );

/** @param metered usage of the registrations, of the redemptions, and of one run of each sweep */
export function figuresOf(
  metered: { registrations: Metered; redemptions: Metered; sweeps: Metered },
  { members, stage, on }: Pick<Figures, 'members' | 'stage' | 'on'>,
  deployed: Deployed,
  durations: Durations,
): Figures {
  return {
    by: 'npm run cost -- --write',
    on,
    stage,
    members,
    durations,
    perRegistration: {
      ...roundedBill(billOf(metered.registrations, members, deployed, durations)),
      ...loadOf(metered.registrations, members, deployed),
    },
    perRedemption: roundedBill(billOf(metered.redemptions, members, deployed, durations)),
    sweeps: roundedBill(sweepsOf(metered.sweeps, deployed, durations)),
  };
}
