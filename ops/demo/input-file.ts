import { createReadStream } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import { csvFormat } from './csv.ts';
import type { Line, ParsedPerson } from './input.ts';
import { readRecords } from './records.ts';

/** Bytes that are read ahead, to detect encoding, format and header. */
const AHEAD_BYTES = 64 * 1024;

/**
 * Reads people from a file, once and as a stream: CSV with a header that names phone, name and locale, or JSON Lines;
 * by the file's extension, otherwise by its beginning.
 * @throws {CloudError} if no person can be read from it
 */
export async function openInput(file: string): Promise<AsyncIterable<Line>> {
  const bytes = bytesOf(file);
  try {
    const start = await readAhead(bytes);
    const encoding = encodingOf(start);
    const text = new TextDecoder(encoding).decode(start, { stream: true });
    if (text.trim() === '') throw new CloudError(`${file} is empty.`);
    if (text.includes('\0')) throw new CloudError(`${file} is no text in UTF-8: save it as CSV in UTF-8.`);
    const format = isJson(file, text) ? jsonFormat(file, text) : csvFormat(file, text);
    return readRecords(decoded(encoding, start, bytes), format);
  } catch (error) {
    await bytes.return();
    throw error;
  }
}

async function* bytesOf(file: string): AsyncGenerator<Buffer, void, void> {
  try {
    // A socket, which some programs pass to child processes, cannot be opened by this name.
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

/** By the byte order mark, which the decoder drops. */
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
    throw new CloudError(`${file} is a JSON array: write one object a line instead (JSON Lines).`);
  return { read: readJson };
}

function readJson(text: string): ParsedPerson {
  try {
    return { person: JSON.parse(text.trim()) };
  } catch (error) {
    // The error counts the lines of the record.
    const reason = (error as Error).message.replace(/ \(line .*\)$/, '');
    return { problem: `no JSON: ${reason}` };
  }
}
