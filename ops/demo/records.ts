import { pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import type { Line, ParsedPerson } from './input.ts';

export interface Format {
  /** The field delimiter; undefined if there are no fields. */
  delimiter?: string;
  /** Number of header records. */
  headers?: number;
  read: (record: string) => ParsedPerson;
}

/** A record with the blank lines before it, and the first character of the line break after it. */
interface RawRecord {
  raw: string;
  /** Why it has no end. */
  unterminated?: string;
}

/** API Gateway takes 10 MiB; an unclosed quote makes one record of the rest of the file. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024;

const breaksIn = (text: string) => text.match(/\r\n?|\n/g)?.length ?? 0;

/** Reads the records of a text, each with the line where it begins. */
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
    if (unterminated) yield { line, problem: `${unterminated}; it takes all lines from ${line} to ${last}` };
    else if (++index > headers) yield { line, ...withHints(read(record.replace(/^\s*[\r\n]/, '')), last - line) };
  }
}

/**
 * A record ends with its line, unless a quoted field continues (RFC 4180, section 2.6). Blank lines are skipped. Wrong
 * quotes invalidate only their own record: they pass here, and the record's reader refuses them.
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
    // As an error, it would discard earlier records that are not consumed yet.
    skip_records_with_error: true,
    on_skip(error, raw = '') {
      const isOpen = error?.code === 'CSV_QUOTE_NOT_CLOSED';
      unterminated ??= {
        raw,
        unterminated: isOpen
          ? 'a quote is never closed'
          : `longer than ${maxBytes} bytes, and what follows was not read`,
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
  // An error of the text rejects the iteration.
  yield* pipeline(untilUnterminated, parser, () => {}) as AsyncIterable<RawRecord>;
  if (unterminated) yield unterminated;
}

function withHints(read: ParsedPerson, more: number): ParsedPerson {
  if ('problem' in read) {
    const where = more > 0 ? ` (with a quote that is opened in it, the record takes ${more + 1} lines)` : '';
    return { problem: read.problem + where };
  }
  if (JSON.stringify(read.person).includes('\ufffd'))
    return { problem: 'has bytes that are no UTF-8: save the file as UTF-8' };
  return read;
}
