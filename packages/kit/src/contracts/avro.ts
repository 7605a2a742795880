import type { Schema, Type, types } from 'avsc';
// @ts-expect-error avsc has types for the whole alone, which brings its containers and its RPC
import library from 'avsc/lib/types.js';
import { avroFingerprint } from './avro-fingerprint.ts';
import { readAvro } from './avro-reader.ts';
import type { DataCodec } from './contract.ts';

/** Single-object encoding, version 1: this marker, the fingerprint of the writer's schema, the value. */
const MARKER = Buffer.from([0xc3, 0x01]);
const FINGERPRINT_BYTES = 8;
const HEADER_BYTES = MARKER.length + FINGERPRINT_BYTES;

const { Type: AvroType, builtins } = library as { Type: typeof Type; builtins: typeof types };

const itself = (value: number) => value;

/**
 * Below -2^52, avsc's own packing writes a different number without an error. This one packs what `toBuffer` returns.
 */
const long = builtins.LongType.__with({
  toBuffer(value: number) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromBuffer: (bytes: Buffer) => Number(bytes.readBigInt64LE()),
  isValid: Number.isSafeInteger,
  toJSON: itself,
  fromJSON: itself,
  compare: (one: number, other: number) => one - other,
});

/**
 * An Avro schema: the name of a type, or a schema object.
 * @beta
 */
export type AvroSchema = string | object;

/**
 * Message data in Avro's single-object encoding. A module that imports this function bundles avsc. Declare an optional
 * field as a union with null and null as its default.
 * @param schema the writer's schema; the contract is the reader's schema, and its defaults apply
 * @param earlier writer's schemas of earlier releases, unchanged: data written with them stays readable as long as they
 * are listed
 * @throws {Error} if a schema is invalid or has values that JSON does not, items of zero bytes, or unions whose members
 * a value does not tell apart
 * @beta
 */
export function inAvro(schema: AvroSchema, earlier: readonly AvroSchema[] = []): DataCodec {
  const writer = typeOf(schema);
  const header = headerOf(writer);
  const known = new Map([writer, ...earlier.map(typeOf)].map((type) => [headerOf(type).toString('hex'), type]));
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
      const type = known.get(start.toString('hex'));
      if (!type)
        throw new TypeError(`written with a schema that the contract does not list: fingerprint ${hex(start)}`);
      return readAvro(type, bytes.subarray(HEADER_BYTES));
    },
  };
}

const headerOf = (type: Type) => Buffer.concat([MARKER, avroFingerprint(JSON.stringify(type.schema()))]);

/** Most significant byte first, as Avro tools print it. */
const hex = (header: Buffer) => Buffer.from(header.subarray(MARKER.length)).reverse().toString('hex');

function typeOf(schema: AvroSchema): Type {
  const type = AvroType.forSchema(schema as Schema, { wrapUnions: 'never', registry: { long } });
  requireCarried(type);
  return type;
}

/** Types whose values are JSON. `float` is left out: it has less precision than a JavaScript number. */
const CARRIED = [
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
 * @throws {Error} for types that JSON does not have, and for items of zero bytes, of which a small message can announce
 * any number
 */
function requireCarried(type: Type, seen = new Set<Type>()): void {
  if (seen.has(type)) return;
  seen.add(type);
  if (!CARRIED.includes(type.typeName))
    throw new Error(`Avro's ${type.typeName} is not supported: contract data is JSON`);
  if (type.typeName === 'array' && innerTypes(type).every(isEmpty))
    throw new Error('an array whose items take zero bytes');
  for (const some of innerTypes(type)) requireCarried(some, seen);
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

/** @throws {TypeError} if the data has a field that the schema does not: it would be lost */
function requireValid(type: Type, data: unknown): void {
  type.isValid(data, {
    noUndeclaredFields: true,
    errorHook(path, value, at) {
      const [undeclared] = at.typeName === 'record' && value instanceof Object ? undeclaredIn(value, at) : [];
      const where = [...path, ...(undeclared === undefined ? [] : [undeclared])].join('.');
      throw new TypeError(`${type.name} does not preserve ${where || 'the data'}`);
    },
  });
  if (!isWellFormed(data)) throw new TypeError('a lone surrogate, which UTF-8 cannot encode');
}

function undeclaredIn(value: object, type: Type): string[] {
  const declared = (type as types.RecordType).fields.map(({ name }) => name);
  return Object.keys(value).filter((name) => !declared.includes(name));
}

const isWellFormed = (value: unknown): boolean => {
  if (typeof value === 'string') return value.isWellFormed();
  return !(value instanceof Object) || Object.entries(value).flat().every(isWellFormed);
};
