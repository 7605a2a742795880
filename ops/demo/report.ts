import pc from 'picocolors';
import { sanitize } from 'rollcall/internal/cli/output';
import { percentile } from 'rollcall/internal/percentile';
import type { RedemptionVerdict } from './redemptions.ts';
import type { Registrations } from './registrations.ts';
import type { Verdict } from './verdict.ts';

export interface Measured {
  seconds: number;
  registeredSeconds: number;
  awsCalls: Record<string, number>;
}

export type Summary = ReturnType<typeof summaryOf>;

/** Returns the output of `--json`. */
export function summaryOf(
  { accepted, rejected }: Pick<Registrations, 'accepted' | 'rejected'>,
  { sms, points, guides, further, lost, lostBy, duplicated, outOfOrder, endToEndMs }: Verdict,
  redemptions: RedemptionVerdict | undefined,
  { seconds, registeredSeconds, awsCalls }: Measured,
) {
  return {
    registered: accepted.length,
    rejected,
    ...{ sms, points, guides, further, lost, lostBy, duplicated, outOfOrder },
    ...(redemptions && { redemptions: countsOf(redemptions) }),
    seconds: round(seconds),
    registrationsPerSecond: round(accepted.length / registeredSeconds),
    httpMs: p50p99(accepted.map(({ httpMs }) => httpMs)),
    endToEndMs: p50p99(endToEndMs),
    awsCalls,
  };
}

const countsOf = ({ findings: _, ...counts }: RedemptionVerdict) => counts;
const round = (value: number) => Math.round(value * 10) / 10;
const p50p99 = (values: number[]) => ({ p50: round(percentile(values, 0.5)), p99: round(percentile(values, 0.99)) });

/** Returns the output as lines of text. */
export function linesOf(summary: Summary): string[] {
  const { registered, rejected, sms, points, guides, further, lost, lostBy, duplicated, outOfOrder } = summary;
  const { redemptions, httpMs, endToEndMs, awsCalls } = summary;
  const calls = Object.entries(awsCalls).sort(([, a], [, b]) => b - a);
  const rows: Array<[string, string | number]> = [
    ['registered', `${registered} (${rejected.length} rejected)`],
    ['SMS · points · guides', `${sms} · ${points} · ${guides}`],
    ...Object.entries(further),
    ['lost', marked(lost) + namesOf(lostBy)],
    ['duplicated', marked(duplicated)],
    ['out of order', marked(outOfOrder)],
    ...(redemptions ? redemptionRows(redemptions) : []),
    ['registrations a second', summary.registrationsPerSecond],
    ['all effects after', `${summary.seconds} s`],
    ['HTTP p50 · p99', `${httpMs.p50} · ${httpMs.p99} ms`],
    ['end to end p50 · p99', `${endToEndMs.p50} · ${endToEndMs.p99} ms`],
    ...calls,
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return [
    ...rejected.map(({ line, reason }) => pc.yellow(sanitize(`line ${line}: ${reason}`))),
    ...rows.map(([name, value]) => `${name.padEnd(width)}${value}`),
  ];
}

const marked = (count: number) => (count === 0 ? pc.green(String(count)) : pc.red(pc.bold(String(count))));

/** Lists the subscribers that have lost effects. */
function namesOf(lostBy: Record<string, number>): string {
  const names = Object.entries(lostBy).map(([name, count]) => `${name} ${count}`);
  return names.length > 0 ? ` (${names.join(', ')})` : '';
}

function redemptionRows(redemptions: NonNullable<Summary['redemptions']>): Array<[string, string]> {
  const { requested, succeeded, failed, expired, lost, duplicated } = redemptions;
  return [
    ['redemptions', `${requested} (${succeeded} succeeded, ${failed} failed, ${expired} expired)`],
    ['redemptions lost', marked(lost)],
    ['redemptions duplicated', marked(duplicated)],
  ];
}
