import { pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import type { Line, ParsedPerson } from './input.ts';

export interface Format {
  /** The field delimiter. Undefined if records have no fields. */
  delimiter?: string;
  /** Number of header records. */
  headers?: number;
  read: (record: string) => ParsedPerson;
}

/** The text of a record, with the blank lines before the record and the first character of the line break after it. */
interface RawRecord {
  raw: string;
  /** The reason why the end of the record was not found. */
  unterminated?: string;
}

/**
 * The maximum size of a record, which is above the 10 MiB that API Gateway accepts. Without a maximum, an unclosed
 * quote would turn the remaining file into one record.
 */
const MAX_RECORD_BYTES = 16 * 1024 * 1024;

const breaksIn = (text: string) => text.match(/\r\n?|\n/g)?.length ?? 0;

/** Reads the records of a text, each with the number of its first line. */
export async function* readRecords(
  text: AsyncIterable<string>,
  { delimiter, headers = 0, read }: Format,
  maxBytes = MAX_RECORD_BYTES,
): AsyncGenerator<Line> {
  let lines = 0;
  let index = 0;
  for await (const { raw, unterminated } of splitRecords(text, delimiter, maxBytes)) {
    const record = raw.replace(/[\r\n]$/, '');
    const blank = breaksIn(/^\s*/.exec(record)?.[0] ?? '');
    const line = lines + 1 + blank;
    const last = lines + 1 + breaksIn(record);
    lines += breaksIn(raw);
    if (unterminated) yield { line, problem: `${unterminated}; the record includes all lines from ${line} to ${last}` };
    else if (++index > headers) yield { line, ...withHints(read(record.replace(/^\s*[\r\n]/, '')), last - line) };
  }
}

/**
 * Splits a text into records. A record ends with its line, unless a quoted field continues (RFC 4180, section 2.6).
 * Blank lines are skipped. Wrong quotes are accepted here and refused by the record's reader, so that they invalidate
 * only their own record.
 */
async function* splitRecords(
  text: AsyncIterable<string>,
  delimiter: string | undefined,
  maxBytes: number,
): AsyncGenerator<RawRecord> {
  let unterminated: RawRecord | undefined;
  const parser = parse({
    ...(delimiter === undefined ? { quote: null } : { delimiter }),
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    ltrim: true,
    relax_quotes: true,
    relax_column_count: true,
    raw: true,
    max_record_size: maxBytes,
    // An error would discard earlier records that are not consumed yet, so errors are reported in `on_skip`.
    skip_records_with_error: true,
    on_skip(error, raw = '') {
      const isOpen = error?.code === 'CSV_QUOTE_NOT_CLOSED';
      unterminated ??= {
        raw,
        unterminated: isOpen
          ? 'a quote is never closed'
          : `longer than ${maxBytes} bytes; the following lines were not read`,
      };
    },
    on_record: (record) => (unterminated ? null : record),
  });
  async function* untilUnterminated() {
    for await (const chunk of text) {
      if (unterminated) return;
      yield chunk;
    }
  }
  // An error while reading the text rejects the iteration.
  yield* pipeline(untilUnterminated, parser, () => {}) as AsyncIterable<RawRecord>;
  if (unterminated) yield unterminated;
}

function withHints(read: ParsedPerson, more: number): ParsedPerson {
  if ('problem' in read) {
    const where = more > 0 ? ` (an open quote extends the record over ${more + 1} lines)` : '';
    return { problem: read.problem + where };
  }
  if (JSON.stringify(read.person).includes('\ufffd'))
    return { problem: 'contains bytes that are not UTF-8: save the file as UTF-8' };
  return read;
}
