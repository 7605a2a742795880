import { MIMEType } from 'node:util';
import * as z from 'zod';
import type { Channel } from '../contracts/channel.ts';
import type { DataCodec, MessageContract } from '../contracts/contract.ts';
import { UnreadableMessageError } from './errors.ts';

export const JSON_FORMAT = 'application/json';

/** The content type of data: JSON, or the content type of one of the contract's codecs. */
export type Format = Channel['format'];

/** Data in a JSON CloudEvent: a value or text in `data`, or Base64 in `data_base64`. */
export interface EncodedData {
  data?: unknown;
  data_base64?: unknown;
}

export function encodeData(contract: MessageContract, format: string, data: unknown): EncodedData {
  if (format === JSON_FORMAT) return { data };
  const codec = codecOf(contract, format);
  if (codec.carries === 'text') return { data: codec.encode(data) };
  return { data_base64: Buffer.from(codec.encode(data)).toString('base64') };
}

/** The encoded data alone, without an envelope. */
export function dataBytes(contract: MessageContract, format: string, data: unknown): Uint8Array<ArrayBuffer> {
  const encoded = format === JSON_FORMAT ? JSON.stringify(data) : codecOf(contract, format).encode(data);
  return typeof encoded === 'string' ? Buffer.from(encoded) : Uint8Array.from(encoded);
}

function codecOf({ type, formats = [] }: MessageContract, format: string): DataCodec {
  const codec = formats.find(({ mediaType }) => mediaType === format);
  if (codec) return codec;
  const available = [JSON_FORMAT, ...formats.map(({ mediaType }) => mediaType)];
  throw new TypeError(`no codec for ${format}; codecs of ${type}: ${available.join(', ')}`);
}

/**
 * Decodes data as section 3.1 of the CloudEvents JSON format specifies
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md). The encoding depends on the
 * member that holds the data, `data` or `data_base64`. The format depends on `datacontenttype`.
 * @throws {UnreadableMessageError} if there is no codec for the format, or the data is invalid
 */
export function decodeData(
  contract: MessageContract,
  envelope: EncodedData & { id: string; datacontenttype: string },
): unknown {
  const { id, datacontenttype, data } = envelope;
  try {
    return decode(contract, essenceOf(datacontenttype), data, bytesOf(envelope));
  } catch (cause) {
    const why = (cause as Error).message;
    throw new UnreadableMessageError(`message ${id} is not valid ${datacontenttype} of ${contract.type}: ${why}`, {
      cause,
    });
  }
}

/** @param bytes content of `data_base64`; undefined if the data is in `data` */
function decode(contract: MessageContract, format: string, data: unknown, bytes: Uint8Array | undefined): unknown {
  // A string in `data` is a JSON string, not a JSON document (3.1.2).
  if (format === JSON_FORMAT) return bytes ? jsonIn(bytes) : data;
  const codec = codecOf(contract, format);
  if (codec.carries === 'text') return codec.decode(bytes ? textIn(bytes) : textOf(data));
  if (!bytes) throw new TypeError('data_base64 is missing');
  return codec.decode(bytes);
}

/** The media type without parameters; `application/json` for every `*\/json` and `*\/*+json` (3.1.1). */
function essenceOf(datacontenttype: string): string {
  try {
    const { essence, subtype } = new MIMEType(datacontenttype);
    return subtype === 'json' || subtype.endsWith('+json') ? JSON_FORMAT : essence;
  } catch {
    return datacontenttype;
  }
}

function textOf(data: unknown): string {
  if (typeof data === 'string') return data;
  throw new TypeError('it has neither text in data nor data_base64');
}

const base64 = z.base64();

/**
 * @throws {TypeError} if `data_base64` is not Base64, or if `data` is also present, because the two members are
 * mutually exclusive (3.1.1)
 */
function bytesOf({ data, data_base64 }: EncodedData): Uint8Array | undefined {
  if (data_base64 === undefined) return undefined;
  // The data was stored apart from the message.
  if (data_base64 instanceof Uint8Array) return data_base64;
  if (data !== undefined) throw new TypeError('it has both data and data_base64');
  const encoded = base64.safeParse(data_base64);
  if (!encoded.success) throw new TypeError('data_base64 is not Base64');
  return Buffer.from(encoded.data, 'base64');
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function textIn(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new TypeError('data_base64 is not UTF-8');
  }
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textIn(bytes));
  } catch {
    // The parser's error is dropped because its text quotes the data.
    throw new TypeError('data_base64 is not JSON in UTF-8');
  }
}
