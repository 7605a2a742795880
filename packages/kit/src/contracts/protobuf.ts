import { type DescMessage, fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import type { DataCodec } from './contract.ts';

/**
 * Creates the codec for message data in Protocol Buffers from the generated schema. The bundle of a function that
 * imports this module contains the Protobuf runtime.
 * @beta
 */
export const inProtobuf = (schema: DescMessage): DataCodec => ({
  mediaType: 'application/protobuf',
  documentType: schema.typeName,
  carries: 'bytes',
  encode: (data) => toBinary(schema, fromJson(schema, data as JsonValue)),
  // Fields that are missing in the encoded message are omitted, so that the contract's own defaults apply.
  decode: (bytes) => toJson(schema, fromBinary(schema, bytes)),
});
