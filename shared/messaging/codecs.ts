import { fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
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
  /** @returns what the contract's schema is to check */
  decode(contract: MessageContract, encoded: EncodedData): unknown;
}

/** One codec a content type. Whoever sends chooses; whoever reads must know all. */
const codecs: Record<string, Codec> = {
  [JSON_FORMAT]: {
    encode: (_, data) => ({ data }),
    decode: (_, { data }) => data,
  },
  [PROTOBUF_FORMAT]: {
    encode(contract, data) {
      const schema = schemaOf(contract);
      const bytes = toBinary(schema, fromJson(schema, data as JsonValue));
      return { data_base64: Buffer.from(bytes).toString('base64') };
    },
    decode(contract, { data_base64 }) {
      if (typeof data_base64 !== 'string') throw new TypeError('there is no data_base64');
      const schema = schemaOf(contract);
      // A field that is not on the wire is left out, so that the contract's own default counts.
      return toJson(schema, fromBinary(schema, Buffer.from(data_base64, 'base64')));
    },
  },
};

function schemaOf({ type, protobuf }: MessageContract) {
  if (!protobuf) throw new Error(`${type} has no Protobuf schema`);
  return protobuf;
}

export function encodeData(contract: MessageContract, format: string, data: unknown): EncodedData {
  const codec = codecs[format];
  if (!codec) throw new Error(`no codec for ${format}; there are: ${Object.keys(codecs).join(', ')}`);
  return codec.encode(contract, data);
}

/** @throws {UnreadableMessageError} if there is no such codec, or the data is not what it says */
export function decodeData(
  contract: MessageContract,
  envelope: EncodedData & { id: string; datacontenttype: string },
): unknown {
  const { id, datacontenttype } = envelope;
  // A media type may carry parameters, such as a charset.
  const codec = codecs[datacontenttype.split(';')[0]?.trim().toLowerCase() ?? ''];
  if (!codec) throw new UnreadableMessageError(`message ${id}: no codec for ${datacontenttype}`);
  try {
    return codec.decode(contract, envelope);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new UnreadableMessageError(`message ${id} is no ${datacontenttype} of ${contract.type}: ${why}`, { cause });
  }
}
