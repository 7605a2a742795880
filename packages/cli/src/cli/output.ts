import { SingleBar } from 'cli-progress';
import pc from 'picocolors';

/** Prints JSON, for scripts. */
export const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 2));

/** What others wrote must not move the cursor of a terminal, or turn its lines around. */
export const harmless = (text: string) => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}');

/** Prints rows under a header, each column as wide as it needs. */
export function printTable(rows: ReadonlyArray<Record<string, unknown>>): void {
  const [first] = rows;
  if (!first) return;
  const columns = Object.keys(first).map((name) => {
    const cells = rows.map((row) => harmless(String(row[name] ?? '').replaceAll(/\s+/g, ' ')));
    const width = cells.reduce((most, cell) => Math.max(most, cell.length), name.length);
    return { name, cells, width };
  });
  console.log(
    pc.bold(
      columns
        .map(({ name, width }) => name.padEnd(width))
        .join('  ')
        .trimEnd(),
    ),
  );
  for (const index of rows.keys()) {
    console.log(
      columns
        .map(({ cells, width }) => (cells[index] ?? '').padEnd(width))
        .join('  ')
        .trimEnd(),
    );
  }
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** How long ago, in the largest unit of which there are two. */
export function age(since: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(since)) / 1000));
  const [unit, size] = UNITS.find(([, each]) => seconds >= 2 * each) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** A progress bar, where a person is looking; a count, where nobody knows how much there will be. */
export function progressBar(
  total: number | undefined,
  what: string,
): { update(done: number, what?: string): void; stop(): void } {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const format = total === undefined ? '{value} {what}' : '{bar} {value}/{total} {what}';
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true });
  bar.start(total ?? 0, 0, { what });
  return { update: (done, now = what) => bar.update(done, { what: now }), stop: () => bar.stop() };
}
