import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse/sync';

/** A line of the input: a person to register, or why it cannot be read as one. */
export type Line = { line: number; person: unknown } | { line: number; problem: string };

/** Reads `phone,name,locale` from a CSV file with a header, or from JSON Lines (`.jsonl`, `.ndjson`). */
export function readInput(file: string): AsyncIterable<Line> {
  return /\.(jsonl|ndjson)$/i.test(file) ? readJsonLines(file) : readCsv(file);
}

const linesOf = (file: string) =>
  createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });

async function* readJsonLines(file: string): AsyncIterable<Line> {
  let line = 0;
  for await (const text of linesOf(file)) {
    line++;
    if (text.trim() === '') continue;
    try {
      yield { line, person: JSON.parse(text) };
    } catch (error) {
      yield { line, problem: `no JSON: ${(error as Error).message}` };
    }
  }
}

/** Line by line, so that a quote that is never closed spoils its own line only. A field cannot contain a line break. */
async function* readCsv(file: string): AsyncIterable<Line> {
  let line = 0;
  let columns: string[] | undefined;
  for await (const text of linesOf(file)) {
    line++;
    if (text.trim() === '') continue;
    try {
      const [record] = parse(text, { bom: true, trim: true, columns: columns ?? false });
      if (columns) yield { line, person: record };
      else columns = record as unknown as string[];
    } catch (error) {
      // It calls every line the first one.
      yield { line, problem: (error as Error).message.replace(/ (on|at) line 1$/, '') };
    }
  }
}

const LOCALES = ['en', 'es', 'zh-CN', 'de'];
/** Spanish mobile numbers: `6` and eight more digits. */
const MOBILES = 100_000_000;

/** In letters: so many digits as a number of thousands has are no part of a name. */
const numberInLetters = (number: number) => String(number).replace(/\d/g, (digit) => 'ABCDEFGHIJ'[Number(digit)] ?? '');

/** Made-up people whose phones no earlier run is likely to have used. */
export async function* madeUp(count: number, random: () => number): AsyncIterable<Line> {
  const first = Math.floor(random() * (MOBILES - count));
  for (let index = 0; index < count; index++) {
    const phone = `+346${String(first + index).padStart(8, '0')}`;
    const name = `Member ${numberInLetters(index + 1)}`;
    yield { line: index + 1, person: { phone, name, locale: LOCALES[index % LOCALES.length] } };
  }
}
