import { SingleBar } from 'cli-progress';
import pc from 'picocolors';
import stringWidth from 'string-width';

/**
 * Prints JSON, for scripts.
 * @public
 */
export const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 2));

/** Replaces control and format characters, which could move the terminal's cursor or reverse a line. */
export const sanitize = (text: string) => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}');

/** Pads a text to a width in terminal columns. A Chinese character takes two columns. */
const pad = (text: string, width: number) => text + ' '.repeat(width - stringWidth(text));

/**
 * Prints rows under a header, each column as wide as its content.
 * @public
 */
export function printTable(rows: ReadonlyArray<Record<string, unknown>>): void {
  const [first] = rows;
  if (!first) return;
  const columns = Object.keys(first).map((name) => {
    const cells = rows.map((row) => sanitize(String(row[name] ?? '').replaceAll(/\s+/g, ' ')));
    const width = [name, ...cells].reduce((most, cell) => Math.max(most, stringWidth(cell)), 0);
    return [name, ...cells].map((cell) => pad(cell, width));
  });
  const [header = '', ...lines] = [first, ...rows].map((_, index) =>
    columns
      .map((column) => column[index])
      .join('  ')
      .trimEnd(),
  );
  console.log([pc.bold(header), ...lines].join('\n'));
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** The time from `since` to `now`, in the largest unit in which it is at least 2. */
export function age(since: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(since)) / 1000));
  const [unit, size] = UNITS.find(([, each]) => seconds >= 2 * each) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** Shows a progress bar or, if the total is unknown, a count. Shows nothing if standard error is not a terminal. */
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
