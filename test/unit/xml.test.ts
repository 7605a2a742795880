import { deepStrictEqual } from 'node:assert/strict';
import { event, inXml, type MessageContract, queue } from '@rollcall/kit/contracts';
import { UnreadableMessageError } from '@rollcall/kit/internal/messaging/errors';
import { createMessage, encodeMessage, readEnvelope, readMessage } from '@rollcall/kit/internal/messaging/message';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { TIME } from '../support/builders.ts';

const contractOf = (data: z.ZodType): MessageContract =>
  event('test.thing.happened.v1', data, { formats: [inXml('thing', data)] });

const bodyOf = (contract: MessageContract, data: unknown) =>
  encodeMessage(
    contract,
    createMessage(contract, { id: '1', source: '/test', subject: 's', time: TIME, data, format: 'application/xml' }),
  );

const readData = (contract: MessageContract, body: string) => readMessage(readEnvelope(body), [contract]).data;

/** A body whose data is this document. */
const withDocument = (contract: MessageContract, document: string) =>
  JSON.stringify({ ...JSON.parse(bodyOf(contract, example)), data: document });

const thing = z.object({
  name: z.string(),
  points: z.number(),
  good: z.boolean(),
  tags: z.array(z.string()).optional(),
  note: z.string().nullable().optional(),
});
const example = { name: 'Ana', points: 40, good: true };
const things = contractOf(thing);

interface Shape {
  schema: z.ZodType;
  data: fc.Arbitrary<unknown>;
}

const KEY = fc.oneof(
  fc.constantFrom(
    'a',
    'Name',
    '_links',
    'x-y',
    'i',
    'xmlish',
    'key',
    '1',
    'a b',
    '',
    '\u0000',
    'ñ',
    'constructor',
    ':',
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
/** Any code units, including half a surrogate pair, and strings with a meaning for a parser. */
const TEXT = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('', ' ', '\r\n', '\r', '\t', ']]>', '&lt;', '<a/>', '\\u0000', '"', '\ufeff', 'true', '1', '\ufffe'),
);
const NUMBER = fc
  .oneof(fc.integer(), fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  // JSON has no negative zero.
  .map((number) => number + 0);

const LEAF: fc.Arbitrary<Shape> = fc.constantFrom<Shape>(
  { schema: z.string(), data: TEXT },
  { schema: z.number(), data: NUMBER },
  { schema: z.boolean(), data: fc.boolean() },
  { schema: z.enum(['yes', 'no', '']), data: fc.constantFrom('yes', 'no', '') },
  { schema: z.literal([1, 'two', true]), data: fc.constantFrom(1, 'two', true) },
);

const { shape: SHAPE } = fc.letrec<{ shape: Shape; object: Shape }>((tie) => ({
  object: fc.dictionary(KEY, tie('shape'), { maxKeys: 4, noNullPrototype: true }).map((fields) => ({
    schema: z.object(Object.fromEntries(Object.entries(fields).map(([key, { schema }]) => [key, schema]))),
    data: fc.record(Object.fromEntries(Object.entries(fields).map(([key, { data }]) => [key, data])), {
      noNullPrototype: true,
    }),
  })),
  shape: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    LEAF,
    tie('object'),
    tie('shape').map(({ schema, data }) => ({ schema: z.array(schema), data: fc.array(data, { maxLength: 3 }) })),
    tie('shape').map(({ schema, data }) => ({
      schema: z.record(z.string(), schema),
      data: fc.dictionary(KEY, data, { maxKeys: 3, noNullPrototype: true }),
    })),
    tie('shape').map(({ schema, data }) => ({ schema: z.nullable(schema), data: fc.option(data) })),
    fc.tuple(tie('shape'), tie('shape')).map(([one, other]) => ({
      schema: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('one'), value: one.schema.optional() }),
        z.object({ kind: z.literal('other'), value: other.schema }),
      ]),
      data: fc.oneof(
        fc.record({ kind: fc.constant('one'), value: one.data }, { requiredKeys: ['kind'], noNullPrototype: true }),
        fc.record({ kind: fc.constant('other'), value: other.data }, { noNullPrototype: true }),
      ),
    })),
  ),
}));

describe('data in XML', () => {
  it('is the same after encoding and reading, for random contracts and data', () => {
    fc.assert(
      fc.property(
        SHAPE.chain(({ schema, data }) => data.map((value) => ({ schema, value }))),
        ({ schema, value }) => {
          const contract = contractOf(z.object({ value: schema }));
          // vitest compares a field `constructor` by identity, because it takes the field for the constructor of the object.
          deepStrictEqual(readData(contract, bodyOf(contract, { value })), { value });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is a string in the data of its CloudEvent, with an element for each field', () => {
    const data = { ...example, name: 'Ana & <Bo>', tags: ['a'], note: null };
    expect(JSON.parse(bodyOf(things, data)).data).toBe(
      '<thing><name>Ana &amp; &lt;Bo&gt;</name><points>40</points><good>true</good><tags><i>a</i></tags><note nil="true"/></thing>',
    );
  });

  it.each([
    [
      'with a declaration, comments, whitespace and fields that the contract does not have',
      `<?xml version="1.0"?>
      <!-- 1 --><thing version="2">
        <more><deep/></more><name>Ana</name><points> 40 </points><!-- 2 --><good>
        true</good></thing>`,
    ],
    [
      'with CDATA and references',
      '<thing><name><![CDATA[A]]>&#x6e;a</name><points>4e1</points><good>true</good></thing>',
    ],
  ])('is read in the forms that other writers use, %s', (_, document) => {
    expect(readData(things, withDocument(things, document))).toEqual(example);
  });

  it('is read from bytes in UTF-8, and refused in another encoding', () => {
    const bytes = (encoding: 'utf8' | 'latin1') =>
      JSON.stringify({
        ...JSON.parse(withDocument(things, '')),
        data: undefined,
        data_base64: Buffer.from(
          '<thing><name>Lucía</name><points>1</points><good>true</good></thing>',
          encoding,
        ).toString('base64'),
      });
    expect(readData(things, bytes('utf8'))).toMatchObject({ name: 'Lucía' });
    expect(() => readData(things, bytes('latin1'))).toThrow('data_base64 is not UTF-8');
  });

  const rest = '<points>40</points><good>true</good>';
  const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
  it.each([
    ['a DOCTYPE', `<!DOCTYPE thing><thing><name>A</name>${rest}</thing>`, 'a DOCTYPE is not allowed'],
    [
      'an external entity',
      `<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><thing><name>&x;</name>${rest}</thing>`,
      'a DOCTYPE is not allowed',
    ],
    [
      'an internal entity',
      `<!DOCTYPE t [<!ENTITY x "A">]><thing><name>&x;</name>${rest}</thing>`,
      'a DOCTYPE is not allowed',
    ],
    [
      'a billion laughs',
      `<!DOCTYPE t [<!ENTITY l0 "ha">${laughs}]><thing><name>&l9;</name>${rest}</thing>`,
      'a DOCTYPE is not allowed',
    ],
    ['an undeclared entity', `<thing><name>&x;</name>${rest}</thing>`, 'it refers to an entity'],
    ['an element that does not end', '<thing><name>A</name>', 'not well-formed at line 1, column 22'],
    ['a character that XML does not allow', `<thing><name>\u0001</name>${rest}</thing>`, 'not well-formed'],
    ['a reference to such a character', `<thing><name>&#0;</name>${rest}</thing>`, 'not well-formed'],
    ['no document', '', 'not well-formed'],
    ['a document that is nested too deeply', '<thing>'.repeat(50_000), 'nested deeper than the parser supports'],
    ['another root', `<things><name>A</name>${rest}</things>`, 'its root element is not <thing>'],
    ['a field twice', `<thing><name>A</name><name>B</name>${rest}</thing>`, 'thing.name occurs twice'],
    ['text beside elements', `<thing>A<name>A</name>${rest}</thing>`, 'thing must contain elements, but contains text'],
    [
      'elements in a text',
      `<thing><name><b>A</b></name>${rest}</thing>`,
      'thing.name must be text, but contains elements',
    ],
    [
      'an array whose items have another element name',
      `<thing><name>A</name>${rest}<tags><tag>a</tag></tags></thing>`,
      'thing.tags: an array item must be an element <i>',
    ],
    [
      'an invalid escape',
      `<thing><name escaped="true">"</name>${rest}</thing>`,
      'thing.name has an invalid JSON string escape',
    ],
    [
      'a string for a number',
      '<thing><name>A</name><points>0x28</points><good>true</good></thing>',
      'points Invalid input: expected number, received string',
    ],
    [
      'an empty number',
      '<thing><name>A</name><points/><good>true</good></thing>',
      'points Invalid input: expected number, received string',
    ],
    [
      'a number for a boolean',
      '<thing><name>A</name><points>1</points><good>1</good></thing>',
      'good Invalid input: expected boolean, received string',
    ],
    ['a field that is missing', `<thing>${rest}</thing>`, 'name Invalid input: expected string, received undefined'],
    [
      'null for a required value',
      `<thing><name nil="true"/>${rest}</thing>`,
      'name Invalid input: expected string, received null',
    ],
  ])('is refused with the reason if it has %s', (_, document, why) => {
    const read = () => readData(things, withDocument(things, document));
    expect(read).toThrow(UnreadableMessageError);
    expect(read).toThrow(why);
  });

  it('is refused without quoting the input', () => {
    const read = () => readData(things, withDocument(things, '<thing><name>+34612345678'));
    expect(read).toThrow(
      /^message 1 is not valid application\/xml of test.thing.happened.v1: not well-formed at line 1, column 14$/,
    );
  });

  it.each([
    [
      'a union of string and number',
      z.union([z.string(), z.number()]),
      'thing.value: XML cannot represent a union without a discriminator',
    ],
    ['a field of any type', z.unknown(), 'thing.value: XML cannot represent values of type unknown'],
    ['undeclared fields', z.looseObject({}), 'thing.value: XML cannot represent undeclared fields'],
    [
      'values with the same text',
      z.literal([1, '1']),
      'thing.value: XML cannot represent two values with the same text',
    ],
  ])('cannot be declared for a contract with %s', (_, schema, why) => {
    expect(() => inXml('thing', z.object({ value: schema }))).toThrow(why);
  });

  it('is read with a recursive schema', () => {
    const tree = z.object({
      name: z.string(),
      get children() {
        return z.array(tree).optional();
      },
    });
    const contract = contractOf(tree);
    const data = { name: 'a', children: [{ name: 'b', children: [] }, { name: 'c' }] };
    expect(readData(contract, bodyOf(contract, data))).toEqual(data);
  });
});

it('a channel cannot have a format that one of its messages does not have', () => {
  const channel = () => queue('things', { from: '/test/things', format: 'application/avro', messages: [things] });
  expect(channel).toThrow(
    'channel things has the format application/avro, for which test.thing.happened.v1 has no codec',
  );
});
