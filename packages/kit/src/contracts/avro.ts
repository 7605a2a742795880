import type { Schema, Type, types } from 'avsc';
// @ts-expect-error avsc declares types only for its main module, whose file containers and RPC would enlarge bundles
import library from 'avsc/lib/types.js';
import { avroFingerprint } from './avro-fingerprint.ts';
import { readAvro } from './avro-reader.ts';
import type { DataCodec } from './contract.ts';

/**
 * The marker of single-object encoding, version 1. The fingerprint of the writer's schema and the value follow the
 * marker.
 */
const MARKER = Buffer.from([0xc3, 0x01]);
const FINGERPRINT_BYTES = 8;
const HEADER_BYTES = MARKER.length + FINGERPRINT_BYTES;

const { Type: AvroType, builtins } = library as { Type: typeof Type; builtins: typeof types };

const identity = (value: number) => value;

/**
 * Replaces avsc's own encoding of longs, which writes wrong numbers for values below -2^52 without an error. The result
 * of `toBuffer` has eight bytes, which avsc converts to Avro's encoding.
 */
const long = builtins.LongType.__with({
  toBuffer(value: number) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromBuffer: (bytes: Buffer) => Number(bytes.readBigInt64LE()),
  isValid: Number.isSafeInteger,
  toJSON: identity,
  fromJSON: identity,
  compare: (one: number, other: number) => one - other,
});

/**
 * An Avro schema: the name of a type, or a schema object.
 * @beta
 */
export type AvroSchema = string | object;

/**
 * Creates the codec for message data in Avro's single-object encoding. The bundle of a function that imports this
 * module contains avsc. Declare an optional field as a union with null, and with the default null.
 * @param schema the writer's schema. The contract takes the place of a reader's schema: the contract's defaults apply
 * @param earlier the writer's schemas of earlier releases, unchanged. Data that was written with one of these schemas
 * stays readable as long as the schema is listed
 * @throws {Error} if a schema is invalid, or has types such as `bytes` and `float` that contracts do not support, array
 * items of zero bytes, or unions whose members cannot be distinguished by the value
 * @beta
 */
export function inAvro(schema: AvroSchema, earlier: readonly AvroSchema[] = []): DataCodec {
  const writer = typeOf(schema);
  const header = headerOf(writer);
  const typesByHeader = new Map([writer, ...earlier.map(typeOf)].map((type) => [headerOf(type).toString('hex'), type]));
  return {
    mediaType: 'application/avro',
    documentType: writer.name ?? writer.typeName,
    carries: 'bytes',
    encode(data) {
      requireValid(writer, data);
      return Buffer.concat([header, writer.toBuffer(data)]);
    },
    decode(bytes) {
      const start = Buffer.from(bytes.subarray(0, HEADER_BYTES));
      if (!start.subarray(0, MARKER.length).equals(MARKER)) throw new TypeError('not in single-object encoding');
      if (start.length < HEADER_BYTES) throw new TypeError('truncated');
      const type = typesByHeader.get(start.toString('hex'));
      if (!type)
        throw new TypeError(`written with a schema that the contract does not list: fingerprint ${hex(start)}`);
      return readAvro(type, bytes.subarray(HEADER_BYTES));
    },
  };
}

const headerOf = (type: Type) => Buffer.concat([MARKER, avroFingerprint(JSON.stringify(type.schema()))]);

/** The fingerprint in hexadecimal, with the most significant byte first, as Avro tools print it. */
const hex = (header: Buffer) => Buffer.from(header.subarray(MARKER.length)).reverse().toString('hex');

function typeOf(schema: AvroSchema): Type {
  const type = AvroType.forSchema(schema as Schema, { wrapUnions: 'never', registry: { long } });
  requireSupported(type);
  return type;
}

/**
 * Types whose values JSON can represent. `float` is missing, because its 32 bits cannot store every JavaScript number.
 */
const SUPPORTED = [
  'null',
  'boolean',
  'int',
  'abstract:long',
  'double',
  'string',
  'enum',
  'union:unwrapped',
  'array',
  'map',
  'record',
];

/**
 * @throws {Error} for types that are not in `SUPPORTED`, and for arrays with items of zero bytes, because a small
 * message can announce any number of such items
 */
function requireSupported(type: Type, seen = new Set<Type>()): void {
  if (seen.has(type)) return;
  seen.add(type);
  if (!SUPPORTED.includes(type.typeName))
    throw new Error(`Avro's ${type.typeName} is not supported: contract data is JSON`);
  if (type.typeName === 'array' && innerTypes(type).every(isEmpty))
    throw new Error('an array whose items take zero bytes is not supported');
  for (const inner of innerTypes(type)) requireSupported(inner, seen);
}

function innerTypes(type: Type): Type[] {
  switch (type.typeName) {
    case 'record':
      return (type as types.RecordType).fields.map((field) => field.type);
    case 'array':
      return [(type as types.ArrayType).itemsType];
    case 'map':
      return [(type as types.MapType).valuesType];
    case 'union:unwrapped':
      return (type as types.UnwrappedUnionType).types as unknown as Type[];
    default:
      return [];
  }
}

const isEmpty = (type: Type): boolean =>
  type.typeName === 'null' || (type.typeName === 'record' && innerTypes(type).every(isEmpty));

/**
 * @throws {TypeError} if the schema would not preserve the data: a value has the wrong type, a field is not declared,
 * or a text has a lone surrogate
 */
function requireValid(type: Type, data: unknown): void {
  type.isValid(data, {
    noUndeclaredFields: true,
    errorHook(path, value, at) {
      const [undeclared] = at.typeName === 'record' && value instanceof Object ? undeclaredIn(value, at) : [];
      const where = [...path, ...(undeclared === undefined ? [] : [undeclared])].join('.');
      throw new TypeError(`${type.name} does not preserve ${where || 'the data'}`);
    },
  });
  if (!isWellFormed(data)) throw new TypeError('the data has a lone surrogate, which UTF-8 cannot encode');
}

function undeclaredIn(value: object, type: Type): string[] {
  const declared = (type as types.RecordType).fields.map(({ name }) => name);
  return Object.keys(value).filter((name) => !declared.includes(name));
}

const isWellFormed = (value: unknown): boolean => {
  if (typeof value === 'string') return value.isWellFormed();
  return !(value instanceof Object) || Object.entries(value).flat().every(isWellFormed);
};
