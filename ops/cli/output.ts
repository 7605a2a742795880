import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import pc from 'picocolors';

/** Prints rows under a header, as wide as they need; or one JSON value, for scripts. */
export function printTable(rows: readonly object[], options: { json?: boolean; empty: string }): void {
  if (options.json) {
    console.log(JSON.stringify(rows, null, 2));
    return;
  }
  const [first] = rows;
  if (!first) {
    console.log(pc.dim(options.empty));
    return;
  }
  const names = Object.keys(first) as Array<keyof typeof first>;
  const table = new Table({
    head: names.map((name) => pc.bold(name)),
    style: { head: [], border: [], compact: true },
    chars: Object.fromEntries(
      [
        'top',
        'top-mid',
        'top-left',
        'top-right',
        'bottom',
        'bottom-mid',
        'bottom-left',
        'bottom-right',
        'left',
        'left-mid',
        'mid',
        'mid-mid',
        'right',
        'right-mid',
      ].map((part) => [part, '']),
    ),
  });
  for (const row of rows) table.push(names.map((name) => String(row[name] ?? '')));
  console.log(table.toString());
}

/** How long ago, in the largest unit that fits. */
export function age(since: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(since)) / 1000));
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
  ] as const) {
    if (seconds >= 2 * size) return `${Math.floor(seconds / size)} ${unit}`;
  }
  return `${seconds} s`;
}

/** A progress bar, where a person is looking. */
export function progressBar(total: number, what: string): { update(done: number): void; stop(): void } {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar({ format: `{bar} {value}/{total} ${what}`, stream: process.stderr, hideCursor: true });
  bar.start(total, 0);
  return bar;
}
