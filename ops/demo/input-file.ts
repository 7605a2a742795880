import { createReadStream } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import { csvFormat } from './csv.ts';
import type { Line, ParsedPerson } from './input.ts';
import { readRecords } from './records.ts';

/** Number of bytes to read first, in order to detect encoding, format and header. */
const AHEAD_BYTES = 64 * 1024;

/**
 * Reads people from a file once, as a stream. The format is JSON Lines, or CSV with a header that names phone, name and
 * locale. The file's extension or its first bytes determine the format.
 * @throws {CloudError} if the file cannot be read or has another format
 */
export async function openInput(file: string): Promise<AsyncIterable<Line>> {
  const bytes = bytesOf(file);
  try {
    const start = await readAhead(bytes);
    const encoding = encodingOf(start);
    const text = new TextDecoder(encoding).decode(start, { stream: true });
    if (text.trim() === '') throw new CloudError(`${file} is empty.`);
    if (text.includes('\0')) throw new CloudError(`${file} is not text in UTF-8. Save it as CSV in UTF-8.`);
    const format = isJson(file, text) ? jsonFormat(file, text) : csvFormat(file, text);
    return readRecords(decoded(encoding, start, bytes), format);
  } catch (error) {
    await bytes.return();
    throw error;
  }
}

async function* bytesOf(file: string): AsyncGenerator<Buffer, void, void> {
  try {
    // Some programs pass a socket as standard input. A socket cannot be opened as /dev/stdin.
    yield* file === '/dev/stdin' ? process.stdin : createReadStream(file);
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    throw new CloudError(`${file} cannot be read: ${getSystemErrorMessage(errno)}.`, { cause: error });
  }
}

async function readAhead(bytes: AsyncGenerator<Buffer, void, void>): Promise<Buffer> {
  let start = Buffer.alloc(0);
  while (start.length < AHEAD_BYTES) {
    const { value } = await bytes.next();
    if (!value) break;
    start = Buffer.concat([start, value]);
  }
  return start;
}

/** Detects the encoding from the byte order mark. The decoder removes the mark. */
function encodingOf(start: Buffer): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : 'utf-8';
}

async function* decoded(encoding: string, start: Buffer, rest: AsyncIterable<Buffer>): AsyncIterable<string> {
  const decoder = new TextDecoder(encoding);
  yield decoder.decode(start, { stream: true });
  for await (const chunk of rest) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

const isJson = (file: string, start: string) =>
  /\.(jsonl|ndjson|json)$/i.test(file) || (!/\.(csv|tsv)$/i.test(file) && /^\s*[[{]/.test(start));

function jsonFormat(file: string, start: string) {
  if (start.trimStart().startsWith('['))
    throw new CloudError(`${file} is a JSON array. Write one object per line instead (JSON Lines).`);
  return { read: readJson };
}

function readJson(text: string): ParsedPerson {
  try {
    return { person: JSON.parse(text.trim()) };
  } catch (error) {
    // The error's line numbers are relative to the record.
    const reason = (error as Error).message.replace(/ \(line .*\)$/, '');
    return { problem: `not JSON: ${reason}` };
  }
}
