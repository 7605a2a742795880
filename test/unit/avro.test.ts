import { deepStrictEqual } from 'node:assert/strict';
import { event, inAvro, type MessageContract } from '@rollcall/kit/contracts';
import { avroFingerprint } from '@rollcall/kit/internal/contracts/avro-fingerprint';
import { UnreadableMessageError } from '@rollcall/kit/internal/messaging/errors';
import { createMessage, encodeMessage, readEnvelope, readMessage } from '@rollcall/kit/internal/messaging/message';
import avsc, { type Schema } from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { TIME } from '../support/builders.ts';

const contractOf = (data: z.ZodType, schema: Schema, earlier: Schema[] = []): MessageContract =>
  event('test.thing.happened.v1', data, { formats: [inAvro(schema, earlier)] });

const bodyOf = (contract: MessageContract, data: unknown) =>
  encodeMessage(
    contract,
    createMessage(contract, { id: '1', source: '/test', subject: 's', time: TIME, data, format: 'application/avro' }),
  );

const bytesOf = (contract: MessageContract, data: unknown) =>
  Buffer.from(JSON.parse(bodyOf(contract, data)).data_base64, 'base64');

const readData = (contract: MessageContract, body: string) => readMessage(readEnvelope(body), [contract]).data;

/** Reads the body of a message after replacing its data with these bytes. `of`: the original data. */
const readBytes = (contract: MessageContract, bytes: Uint8Array, of: unknown) =>
  readData(
    contract,
    JSON.stringify({ ...JSON.parse(bodyOf(contract, of)), data_base64: Buffer.from(bytes).toString('base64') }),
  );

const record = (fields: unknown[], name = 'Thing'): Schema => ({ type: 'record', name, fields }) as Schema;

const schema = record([
  { name: 'name', type: 'string' },
  { name: 'points', type: 'long' },
  { name: 'tags', type: { type: 'array', items: 'string' } },
  { name: 'note', type: ['null', 'string'], default: null },
]);
const thing = z.object({
  name: z.string(),
  points: z.int(),
  tags: z.array(z.string()),
  note: z.string().optional(),
});
const things = contractOf(thing, schema);
const example = { name: 'Ana', points: 40, tags: ['a'] };

interface Shape {
  schema: unknown;
  data: fc.Arbitrary<unknown>;
  zod: z.ZodType;
}

const TEXT = fc.string({ unit: 'binary' });
const LEAF: fc.Arbitrary<Shape> = fc.constantFrom<Shape>(
  { schema: 'string', data: TEXT, zod: z.string() },
  { schema: 'long', data: fc.maxSafeInteger(), zod: z.int() },
  { schema: 'int', data: fc.integer(), zod: z.int() },
  { schema: 'double', data: fc.double({ noNaN: true, noDefaultInfinity: true }), zod: z.number() },
  { schema: 'boolean', data: fc.boolean(), zod: z.boolean() },
  {
    schema: { type: 'enum', name: 'Choice', symbols: ['yes', 'no'] },
    data: fc.constantFrom('yes', 'no'),
    zod: z.enum(['yes', 'no']),
  },
);

let names = 0;
/** Gives each enum type a unique name, because a schema must not define a name twice. */
const named = (made: unknown): unknown =>
  made instanceof Object && (made as { name?: string }).name === 'Choice'
    ? { ...made, name: `Choice${names++}` }
    : made;

const { shape: SHAPE } = fc.letrec<{ shape: Shape; object: Shape }>((tie) => ({
  object: fc
    .dictionary(fc.stringMatching(/^[a-z_][A-Za-z0-9_]{0,4}$/), fc.tuple(tie('shape'), fc.boolean()), {
      minKeys: 1,
      maxKeys: 4,
      noNullPrototype: true,
    })
    .map((dictionary) => {
      const fields = Object.entries(dictionary);
      return {
        schema: {
          type: 'record',
          name: `Record${names++}`,
          fields: fields.map(([name, [field, optional]]) =>
            optional
              ? { name, type: ['null', named(field.schema)], default: null }
              : { name, type: named(field.schema) },
          ),
        },
        zod: z.object(
          Object.fromEntries(fields.map(([name, [{ zod }, optional]]) => [name, optional ? zod.optional() : zod])),
        ),
        data: fc.record(Object.fromEntries(fields.map(([name, [{ data }]]) => [name, data])), {
          requiredKeys: fields.filter(([, [, optional]]) => !optional).map(([name]) => name),
          noNullPrototype: true,
        }),
      };
    }),
  shape: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    LEAF,
    tie('object'),
    tie('shape').map(({ schema: items, data, zod }) => ({
      schema: { type: 'array', items: named(items) },
      data: fc.array(data, { maxLength: 3 }),
      zod: z.array(zod),
    })),
    tie('shape').map(({ schema: values, data, zod }) => ({
      schema: { type: 'map', values: named(values) },
      data: fc.dictionary(fc.string({ unit: 'binary', maxLength: 3 }), data, { maxKeys: 3, noNullPrototype: true }),
      zod: z.record(z.string(), zod),
    })),
  ),
}));

describe('data in Avro', () => {
  it('is read exactly as written, for every contract', () => {
    fc.assert(
      fc.property(
        SHAPE.chain((shape) => shape.data.map((value) => ({ shape, value }))),
        ({ shape, value }) => {
          const own = record([{ name: 'value', type: named(shape.schema) }], 'Whole');
          const contract = contractOf(z.object({ value: shape.zod }), own);
          deepStrictEqual(readData(contract, bodyOf(contract, { value })), { value });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is preserved below -2^52, where avsc alone writes another number', () => {
    const data = { ...example, points: -(2 ** 52) - 1 };
    expect(readData(things, bodyOf(things, data))).toEqual(data);
  });

  it('is single-object encoding: marker, fingerprint of the schema, value', () => {
    const bytes = bytesOf(things, example);
    expect(bytes.subarray(0, 2)).toEqual(Buffer.from([0xc3, 0x01]));
    expect(avsc.Type.forSchema(schema).fromBuffer(bytes.subarray(10))).toEqual({ ...example, note: null });
  });

  it.each([
    // https://github.com/apache/avro/blob/main/share/test/data/schema-tests.txt
    ['"null"', 7195948357588979594n],
    ['"int"', 8247732601305521295n],
    ['"string"', -8142146995180207161n],
  ])('has the fingerprint that other libraries compute for %s', (canonicalForm, fingerprint) => {
    expect(avroFingerprint(canonicalForm).readBigInt64LE()).toBe(fingerprint);
  });

  it('has a fingerprint that documentation and defaults do not change', () => {
    const documented = { ...(schema as object), doc: 'A thing.' } as Schema;
    expect(bytesOf(contractOf(thing, documented), example)).toEqual(bytesOf(things, example));
  });

  it('is read with the schema that it was written with, and completed with defaults of the contract', () => {
    const first = record([
      { name: 'name', type: 'string' },
      { name: 'old', type: 'int' },
    ]);
    const before = contractOf(z.object({ name: z.string(), old: z.int() }), first);
    const written = bodyOf(before, { name: 'Ana', old: 1 });
    const now = thing.extend({ points: z.int().default(7), tags: z.array(z.string()).default([]) });
    expect(readData(contractOf(now, schema, [first]), written)).toEqual({ name: 'Ana', points: 7, tags: [] });
    expect(() => readData(contractOf(now, schema), written)).toThrow(
      /schema that the contract does not list: fingerprint [0-9a-f]{16}$/,
    );
  });

  const good = bytesOf(things, example);
  const header = good.subarray(0, 10);
  const after = (...bytes: number[]) => Buffer.concat([header, Buffer.from(bytes)]);
  it.each([
    ['is truncated', good.subarray(0, -1), 'truncated'],
    ['is truncated in its header', good.subarray(0, 5), 'truncated'],
    ['is empty', Buffer.alloc(0), 'not in single-object encoding'],
    ['has bytes after its end', Buffer.concat([good, Buffer.from([0])]), '1 bytes follow the value'],
    ['is not in single-object encoding', good.subarray(10), 'not in single-object encoding'],
    [
      'was written with an unknown schema',
      Buffer.concat([Buffer.from([0xc3, 1, 1, 2, 3, 4, 5, 6, 7, 8]), good.subarray(10)]),
      'fingerprint 0807060504030201',
    ],
    ['claims to have 2^31 items', after(0, 0, 0x80, 0x80, 0x80, 0x80, 0x10), 'truncated'],
    ['has a string of negative length', after(1, 0, 0, 0), 'truncated'],
    ['has a branch that does not exist', after(0, 0, 0, 4), 'unknown branch'],
    ['has a string that is not UTF-8', after(2, 0xff, 0, 0, 0), 'a string is not UTF-8'],
    ['has an integer of more than 64 bits', after(0, ...Array(11).fill(0xff)), 'an integer of more than 64 bits'],
    ['has an integer beyond 2^53', after(0, ...Array(8).fill(0xff), 0x7f, 0, 0), 'an integer beyond 2^53'],
  ])('is refused with the reason if it %s', (_, bytes, why) => {
    const read = () => readBytes(things, bytes, example);
    expect(read).toThrow(UnreadableMessageError);
    expect(read).toThrow(why);
  });

  it('is refused if it is valid Avro but violates the contract', () => {
    const written = bytesOf(contractOf(thing.extend({ points: z.number() }), schema), { ...example, points: 4 });
    const stricter = contractOf(thing.extend({ points: z.int().min(5) }), schema);
    expect(() => readBytes(stricter, written, { ...example, points: 5 })).toThrow('points Too small');
  });

  it.each([
    [
      'a field that the schema does not have',
      thing.extend({ more: z.string() }),
      { ...example, more: 'x' },
      'Thing does not preserve more',
    ],
    [
      'a value of another type',
      thing.extend({ points: z.number() }),
      { ...example, points: 1.5 },
      'Thing does not preserve points',
    ],
    ['a lone surrogate', thing, { ...example, tags: ['\ud800'] }, 'a lone surrogate'],
  ])('is not written if it has %s', (_, data, value, why) => {
    expect(() => bodyOf(contractOf(data, schema), value)).toThrow(why);
  });

  it.each([
    ['bytes', record([{ name: 'a', type: 'bytes' }]), "Avro's bytes is not supported"],
    ['float', record([{ name: 'a', type: 'float' }]), "Avro's float is not supported"],
    [
      'items that take no byte',
      record([{ name: 'a', type: { type: 'array', items: 'null' } }]),
      'an array whose items take zero bytes',
    ],
    [
      'items that have no fields',
      record([{ name: 'a', type: { type: 'array', items: record([], 'Empty') } }]),
      'an array whose items take zero bytes',
    ],
  ])('cannot have a schema with %s', (_, own, why) => {
    expect(() => inAvro(own)).toThrow(why);
  });
});
