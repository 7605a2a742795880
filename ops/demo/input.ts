import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type CsvError, parse } from 'csv-parse';

/** A line of the input: a person to register, or why it cannot be read as one. */
export type Line = { line: number; person: unknown } | { line: number; problem: string };

/** Reads `phone,name,locale` from a CSV file with a header, or from JSON Lines (`.jsonl`, `.ndjson`). */
export function readInput(file: string): AsyncIterable<Line> {
  return /\.(jsonl|ndjson)$/i.test(file) ? readJsonLines(file) : readCsv(file);
}

async function* readJsonLines(file: string): AsyncIterable<Line> {
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    if (text.trim() === '') continue;
    try {
      yield { line, person: JSON.parse(text) };
    } catch (error) {
      yield { line, problem: `no JSON: ${(error as Error).message}` };
    }
  }
}

async function* readCsv(file: string): AsyncIterable<Line> {
  const skipped: Line[] = [];
  const records = createReadStream(file).pipe(
    parse({
      bom: true,
      columns: true,
      info: true,
      trim: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_skip: (error) =>
        void skipped.push({
          line: (error as CsvError & { lines?: number })?.lines ?? 0,
          problem: error?.message ?? 'unreadable',
        }),
    }),
  );
  for await (const { record, info } of records as AsyncIterable<{ record: unknown; info: { lines: number } }>) {
    yield* skipped.splice(0);
    yield { line: info.lines, person: record };
  }
  yield* skipped;
}

const LOCALES = ['en', 'es', 'zh-CN', 'de'];
/** Spanish mobile numbers: `6` and eight more digits. */
const MOBILES = 100_000_000;

/** Made-up people whose phones no earlier run is likely to have used. */
export async function* madeUp(count: number, random: () => number): AsyncIterable<Line> {
  const first = Math.floor(random() * (MOBILES - count));
  for (let index = 0; index < count; index++) {
    const phone = `+346${String(first + index).padStart(8, '0')}`;
    yield { line: index + 1, person: { phone, name: `Member ${index + 1}`, locale: LOCALES[index % LOCALES.length] } };
  }
}
