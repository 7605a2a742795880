import { MIMEType } from 'node:util';
import * as z from 'zod';
import type { MessageContract } from '../contracts/contract.ts';
import { UnreadableMessageError } from './errors.ts';

export const JSON_FORMAT = 'application/json';
export const PROTOBUF_FORMAT = 'application/protobuf';

export type Format = typeof JSON_FORMAT | typeof PROTOBUF_FORMAT;

/** Data as a CloudEvent in JSON carries it: as it is, or as bytes in Base64. */
export interface EncodedData {
  data?: unknown;
  data_base64?: unknown;
}

interface Codec {
  encode(contract: MessageContract, data: unknown): EncodedData;
  /**
   * @param bytes of `data_base64`, if the data came in that; otherwise it is `data`
   * @returns what the contract's schema is to check
   */
  decode(contract: MessageContract, data: unknown, bytes: Uint8Array | undefined): unknown;
}

/** One codec a content type. Whoever sends chooses, among those of the contract. */
const codecs: Record<Format, Codec> = {
  [JSON_FORMAT]: {
    encode: (_, data) => ({ data }),
    // A string in `data` is data, and no document (3.1.2).
    decode: (_, data, bytes) => (bytes ? jsonIn(bytes) : data),
  },
  [PROTOBUF_FORMAT]: {
    encode(contract, data) {
      return { data_base64: Buffer.from(protobufOf(contract).encode(data)).toString('base64') };
    },
    decode(contract, _, bytes) {
      if (!bytes) throw new TypeError('there is no data_base64');
      return protobufOf(contract).decode(bytes);
    },
  },
};

function protobufOf({ type, protobuf }: MessageContract) {
  if (!protobuf) throw new Error(`${type} is not carried in Protobuf`);
  return protobuf;
}

export function encodeData(contract: MessageContract, format: string, data: unknown): EncodedData {
  const codec = codecs[format as Format];
  if (!codec) throw new Error(`no codec for ${format}; there are: ${Object.keys(codecs).join(', ')}`);
  return codec.encode(contract, data);
}

/**
 * By CloudEvents' JSON format, 3.1 (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md):
 * which member has the data tells how it is encoded, the media type tells what it is.
 * @throws {UnreadableMessageError} if there is no such codec, or the data is not what it says
 */
export function decodeData(
  contract: MessageContract,
  envelope: EncodedData & { id: string; datacontenttype: string },
): unknown {
  const { id, datacontenttype, data } = envelope;
  const format = formatOf(datacontenttype);
  if (!format) throw new UnreadableMessageError(`message ${id}: no codec for ${datacontenttype}`);
  try {
    return codecs[format].decode(contract, data, bytesOf(envelope));
  } catch (cause) {
    const why = (cause as Error).message;
    throw new UnreadableMessageError(`message ${id} is no ${datacontenttype} of ${contract.type}: ${why}`, { cause });
  }
}

/** JSON is whatever has the form `*\/json` or `*\/*+json` without its parameters (3.1.1). */
function formatOf(datacontenttype: string): Format | undefined {
  try {
    const { essence, subtype } = new MIMEType(datacontenttype);
    if (subtype === 'json' || subtype.endsWith('+json')) return JSON_FORMAT;
    return essence === PROTOBUF_FORMAT ? PROTOBUF_FORMAT : undefined;
  } catch {
    return undefined;
  }
}

const base64 = z.base64();

/** @throws {TypeError} also if there is `data` as well: the members exclude each other (3.1.1) */
function bytesOf({ data, data_base64 }: EncodedData): Uint8Array | undefined {
  if (data_base64 === undefined) return undefined;
  if (data !== undefined) throw new TypeError('it has both data and data_base64');
  const encoded = base64.safeParse(data_base64);
  if (!encoded.success) throw new TypeError('data_base64 is not Base64');
  return Buffer.from(encoded.data, 'base64');
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    // What the parser says quotes the data.
    throw new TypeError('data_base64 is not JSON in UTF-8');
  }
}
