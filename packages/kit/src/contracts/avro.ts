import type { Schema, Type, types } from 'avsc';
// @ts-expect-error avsc has types for the whole alone, which brings its containers and its RPC
import library from 'avsc/lib/types.js';
import { avroFingerprint } from './avro-fingerprint.ts';
import { readAvro } from './avro-reader.ts';
import type { DataCodec } from './contract.ts';

/** Version 1 of single-object encoding: these, the fingerprint of the writer's schema, the value. */
const MARKER = Buffer.from([0xc3, 0x01]);
const FINGERPRINT_BYTES = 8;
const HEADER_BYTES = MARKER.length + FINGERPRINT_BYTES;

const { Type: AvroType, builtins } = library as { Type: typeof Type; builtins: typeof types };

const itself = (value: number) => value;

/** avsc's own writes other numbers than it is given, without an error, below -2^52. This one packs what `toBuffer` returns. */
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
 * A schema as Avro's specification has it: a name, or the object that its JSON is.
 * @beta
 */
export type AvroSchema = string | object;

/**
 * Data of a message in Avro's single-object encoding. Whatever imports this carries avsc. A field that the contract may leave
 * out is a union with null, and null its default.
 * @param schema what is written by; the contract is the schema of readers, and its defaults count
 * @param earlier those that were released before, as they were: what was written by them is read as long as they are here
 * @throws {Error} if a schema is none, or has what JSON has not, items without bytes or unions that a value does not tell apart
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
      if (!type) throw new TypeError(`written by a schema that the contract does not have: fingerprint ${hex(start)}`);
      return readAvro(type, bytes.subarray(HEADER_BYTES));
    },
  };
}

const headerOf = (type: Type) => Buffer.concat([MARKER, avroFingerprint(JSON.stringify(type.schema()))]);

/** As tools print it: the most significant byte first. */
const hex = (header: Buffer) => Buffer.from(header.subarray(MARKER.length)).reverse().toString('hex');

function typeOf(schema: AvroSchema): Type {
  const type = AvroType.forSchema(schema as Schema, { wrapUnions: 'never', registry: { long } });
  requireCarried(type);
  return type;
}

/** Those whose values are JSON; `float` has fewer digits than its numbers. */
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

/** @throws {Error} at what the contract's data has not; and at items that take no byte, as many as one likes */
function requireCarried(type: Type, seen = new Set<Type>()): void {
  if (seen.has(type)) return;
  seen.add(type);
  if (!CARRIED.includes(type.typeName))
    throw new Error(`Avro's ${type.typeName} is not carried: data of a contract is JSON`);
  if (type.typeName === 'array' && innerTypes(type).every(isEmpty))
    throw new Error('an array whose items take no byte');
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

/** @throws {TypeError} if the schema does not carry all of the data: what it does not name would be lost */
function requireValid(type: Type, data: unknown): void {
  type.isValid(data, {
    noUndeclaredFields: true,
    errorHook(path, value, at) {
      const [undeclared] = at.typeName === 'record' && value instanceof Object ? undeclaredIn(value, at) : [];
      const where = [...path, ...(undeclared === undefined ? [] : [undeclared])].join('.');
      throw new TypeError(`${type.name} does not carry ${where || 'the data'} as it is`);
    },
  });
  if (!isWellFormed(data)) throw new TypeError('half a surrogate pair, which UTF-8 does not carry');
}

function undeclaredIn(value: object, type: Type): string[] {
  const declared = (type as types.RecordType).fields.map(({ name }) => name);
  return Object.keys(value).filter((name) => !declared.includes(name));
}

const isWellFormed = (value: unknown): boolean => {
  if (typeof value === 'string') return value.isWellFormed();
  return !(value instanceof Object) || Object.entries(value).flat().every(isWellFormed);
};
