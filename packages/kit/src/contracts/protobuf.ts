import { type DescMessage, fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import type { DataCodec } from './contract.ts';

/**
 * Data of a message in Protocol Buffers, by its generated schema. Whatever imports this carries Protobuf's runtime.
 * @beta
 */
export const inProtobuf = (schema: DescMessage): DataCodec => ({
  mediaType: 'application/protobuf',
  documentType: schema.typeName,
  carries: 'bytes',
  encode: (data) => toBinary(schema, fromJson(schema, data as JsonValue)),
  // A field that is not on the wire is left out, so that the contract's own default counts.
  decode: (bytes) => toJson(schema, fromBinary(schema, bytes)),
});
