import pc from 'picocolors';
import { printTable } from 'rollcall/internal/cli/output';
import type { Result } from './run.ts';

export const holds = ({ guarantees }: Pick<Result, 'guarantees'>): boolean =>
  Object.values(guarantees).every((verdict) => verdict === 'held');

/** Prints the faults, the figures, the verdicts and the violations as text. */
export function printResult({ violations, faultsByKind, guarantees, ...figures }: Result): void {
  printTable(Object.entries(faultsByKind).map(([fault, count]) => ({ fault, count })));
  for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(18)}${value}`);
  for (const [name, verdict] of Object.entries(guarantees)) {
    console.log(`${name.padEnd(18)}${verdict === 'held' ? pc.green(verdict) : pc.red(verdict)}`);
  }
  for (const { guarantee, what, history } of violations) {
    console.log(pc.red(`${guarantee}: ${what}`));
    for (const entry of history) console.log(`  ${typeof entry === 'string' ? entry : JSON.stringify(entry)}`);
  }
}
