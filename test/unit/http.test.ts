import { idempotencyKey } from '@rollcall/kit/internal/contracts/fields';
import { evaluate, type Preconditions } from '@rollcall/kit/internal/http/conditions';
import { toProblem } from '@rollcall/kit/internal/http/failures';
import { idOf } from '@rollcall/kit/internal/http/ids';
import type { Problem } from '@rollcall/kit/internal/http/problems';
import { validated } from '@rollcall/kit/internal/http/validation';
import { PermanentError, TransientError } from '@rollcall/kit/internal/messaging/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { preferredWait } from '../../functions/registration/prefer.ts';
import { documents, FOLDER } from '../../ops/contracts/documents.ts';
import { profileChange, registration } from '../../shared/contracts/member.ts';
import { redemption } from '../../shared/contracts/operation.ts';
import { createMemberAccess } from '../../shared/member-access.ts';
import { httpEvent } from '../support/http.ts';

describe('Prefer', () => {
  it.each<[string, number | undefined]>([
    ['wait=5', 5],
    ['wait="5"', 5],
    ['Wait=5', 5],
    ['respond-async, wait=5', 5],
    ['wait=5; strict, return=minimal', 5],
    ['foo="a\\", wait=1", wait=5', 5],
    ['wait=99999999999', 20],
    ['wait=1, wait=10', 1],
    ['wait=5, foo=a@b', 5],
    ['foo=a@b, wait=5', 5],
    ['wait="0x10"', undefined],
    ['wait=" "', undefined],
    ['wait=0', 0],
    ['foo="a, wait=1"', undefined],
    ['foo="a; wait=1"', undefined],
    ['foo; wait=1', undefined],
    ['foo="wait=1', undefined],
    ['await=1', undefined],
    ['wait', undefined],
    ['wait=', undefined],
    ['wait=""', undefined],
    ['wait=soon', undefined],
    ['wait=-1', undefined],
    ['wait=1.5', undefined],
    ['wait=1e3', undefined],
    ['', undefined],
  ])('%j asks for a wait of this many seconds: %s', (prefer, seconds) => {
    expect(preferredWait(prefer)).toBe(seconds);
  });
});

/** The result of the preconditions for a resource with the entity tag `"1"`, or the code of the problem. */
function verdict(conditions: Preconditions, reads: boolean): string {
  try {
    return evaluate(conditions, '"1"', reads);
  } catch (error) {
    return (error as Problem).code;
  }
}

describe('preconditions', () => {
  const FAILS = ['version-mismatch', 'version-mismatch'];
  const HOLDS = ['proceed', 'proceed'];
  it.each<[Preconditions, string[]]>([
    [{}, HOLDS],
    [{ ifMatch: '"1"' }, HOLDS],
    [{ ifMatch: '*' }, HOLDS],
    [{ ifMatch: ' "0" ,, "1",' }, HOLDS],
    [{ ifMatch: '"a,b", "1"' }, HOLDS],
    [{ ifMatch: '"2"' }, FAILS],
    [{ ifMatch: 'W/"1"' }, FAILS],
    [{ ifMatch: '1' }, FAILS],
    [{ ifMatch: '' }, FAILS],
    // This is not a list of tags, because a tag ends at the next quote.
    [{ ifMatch: '"a,"1",b"' }, FAILS],
    [{ ifMatch: '"1" "2"' }, FAILS],
    [{ ifMatch: '*, "1"' }, FAILS],
    [{ ifNoneMatch: '"2"' }, HOLDS],
    [{ ifNoneMatch: '"x,"' }, HOLDS],
    [{ ifNoneMatch: '"1"' }, ['not modified', 'version-mismatch']],
    [{ ifNoneMatch: 'W/"1"' }, ['not modified', 'version-mismatch']],
    [{ ifNoneMatch: '"2", W/"1"' }, ['not modified', 'version-mismatch']],
    [{ ifNoneMatch: '*' }, ['not modified', 'version-mismatch']],
    [{ ifMatch: '"1"', ifNoneMatch: '"1"' }, ['not modified', 'version-mismatch']],
    [{ ifMatch: '"1"', ifNoneMatch: '"2"' }, HOLDS],
    // If-Match is evaluated first.
    [{ ifMatch: '"2"', ifNoneMatch: '"1"' }, FAILS],
  ])('%j are evaluated as RFC 9110 requires, for reads and for writes', (conditions, expected) => {
    expect([verdict(conditions, true), verdict(conditions, false)]).toEqual(expected);
  });

  it('find every tag of a list, with any characters in tags', () => {
    const tag = fc.stringMatching(/^[\x21\x23-\x7e]{0,9}$/).map((text) => `"${text}"`);
    fc.assert(
      fc.property(fc.array(tag), fc.array(tag), fc.constantFrom(',', ', ', ' ,\t'), (before, after, separator) => {
        expect(verdict({ ifMatch: [...before, '"1"', ...after].join(separator) }, false)).toBe('proceed');
        const others = [...before, ...after].filter((other) => other !== '"1"');
        expect(verdict({ ifMatch: others.join(separator) }, false)).toBe('version-mismatch');
      }),
    );
  });
});

describe('an id', () => {
  const ID = '0199abcd-ef00-7000-8000-0000000000aa';
  it.each([ID, ID.toUpperCase(), '0199ABcd-EF00-7000-8000-0000000000aA'])(
    'is accepted in upper and lower case: %s',
    (id) => {
      expect(idOf(id, 'member')).toBe(ID);
    },
  );

  it.each(['', 'nobody', ` ${ID}`, `${ID}\n`, `urn:uuid:${ID}`, ID.replaceAll('-', '')])(
    'is refused in another form: %j',
    (id) => {
      expect(() => idOf(id, 'member')).toThrow('There is no member of that id here.');
    },
  );

  it('in a path and in the subject of a token is compared without regard to case', () => {
    const { readable } = createMemberAccess({ read: 'members:read', write: 'members:write' });
    const readableFor = (id: string, sub: string) => {
      const event = httpEvent({ id });
      const authorizer = { jwt: { claims: { sub } } };
      return readable({ ...event, requestContext: { ...event.requestContext, ...{ authorizer } } });
    };
    for (const id of [ID, ID.toUpperCase()]) {
      for (const sub of [ID, ID.toUpperCase()]) expect(readableFor(id, sub)).toBe(ID);
      expect(() => readableFor(id, ID.replace('aa', 'ab'))).toThrow('There is no member');
    }
  });
});

const POINTS = 'must be a whole number from 1 to 1,000,000';
const EXPIRES = 'must be a whole number from 5 to 3,600';
const LOCALE = 'must be a BCP 47 language tag of 2 to 35 characters, such as en or zh-CN';
const NAME = 'must have 1 to 100 characters, and not only white space';
const KEY = 'must have 1 to 255 visible ASCII characters';
const person = { phone: '+34612345678', name: 'Lucía', locale: 'es' };
const keyed = z.object({ key: idempotencyKey });

describe('a refusal', () => {
  it.each<[z.ZodType, unknown, Record<string, string>]>([
    [redemption, { points: 0 }, { '#/points': POINTS }],
    [redemption, { points: 1_000_001 }, { '#/points': POINTS }],
    [redemption, { points: 1.5 }, { '#/points': POINTS }],
    [redemption, { points: 2 ** 60 }, { '#/points': POINTS }],
    [redemption, { points: '40' }, { '#/points': POINTS }],
    [redemption, {}, { '#/points': POINTS }],
    [redemption, { points: 1, expiresIn: 4 }, { '#/expiresIn': EXPIRES }],
    [redemption, { points: 1, expiresIn: 3601 }, { '#/expiresIn': EXPIRES }],
    [redemption, { points: -1, expiresIn: 0 }, { '#/points': POINTS, '#/expiresIn': EXPIRES }],
    [registration, {}, { '#/phone': 'is missing', '#/name': 'is missing', '#/locale': 'is missing' }],
    [registration, { ...person, name: 7 }, { '#/name': 'must be a string' }],
    [registration, { ...person, name: '' }, { '#/name': NAME }],
    [registration, { ...person, name: ' '.repeat(50) }, { '#/name': NAME }],
    [registration, { ...person, name: 'x'.repeat(101) }, { '#/name': NAME }],
    [registration, { ...person, locale: 'e' }, { '#/locale': LOCALE }],
    [registration, { ...person, locale: 'x'.repeat(36) }, { '#/locale': LOCALE }],
    [registration, { ...person, locale: 'en_US' }, { '#/locale': LOCALE }],
    [registration, { ...person, locale: 'english' }, {}],
    [registration, { ...person, locale: 'englishes' }, { '#/locale': LOCALE }],
    [registration, [], { '#': 'must be an object' }],
    [registration, null, { '#': 'must be an object' }],
    [profileChange, {}, { '#': 'must contain name, locale or both' }],
    [profileChange, { locale: null }, { '#/locale': 'must be a string' }],
    [
      profileChange,
      { locale: 'en', phone: person.phone },
      { '#/phone': 'cannot be changed; deactivate the member and register again' },
    ],
    [keyed, { key: '' }, { '#/key': KEY }],
    [keyed, { key: 'a b' }, { '#/key': KEY }],
    [keyed, { key: 'x'.repeat(256) }, { '#/key': KEY }],
  ])('names each violated rule once, with its bounds: %#', (schema, body, expected) => {
    const refused = () => {
      try {
        validated(schema, body);
        return [];
      } catch (error) {
        return (error as Problem).errors ?? [];
      }
    };
    expect(refused().map(({ pointer, detail }) => [pointer, detail])).toEqual(Object.entries(expected));
  });
});

describe('the contract', () => {
  const { components } = JSON.parse(documents().get(`${FOLDER}/openapi.json`) ?? '');
  interface Rule {
    type: string;
    pattern?: string;
    minLength?: number;
    maxLength?: number;
    minimum?: number;
    maximum?: number;
  }
  type Field = { name: string; field: string; rule: Rule; accepts: (value: unknown) => boolean };
  const fields = [
    ...['phone', 'name', 'locale'].map((field) => ['Registration', field, registration, person] as const),
    ...['name', 'locale'].map((field) => ['ProfileChange', field, profileChange, {}] as const),
    ...['points', 'expiresIn'].map((field) => ['Redemption', field, redemption, { points: 1 }] as const),
  ].map(([name, field, schema, rest]): Field => {
    const rule = components.schemas[name].properties[field] as Rule;
    return { name, field, rule, accepts: (value: unknown) => schema.safeParse({ ...rest, [field]: value }).success };
  });
  const key = components.parameters['Idempotency-Key'].schema as Rule;
  fields.push({
    ...{ name: 'header', field: 'Idempotency-Key', rule: key },
    accepts: (value) => idempotencyKey.safeParse(value).success,
  });

  it.each(fields)('states the enforced bounds of $name.$field', ({ rule, accepts }) => {
    if (rule.type === 'integer') {
      const { minimum = Number.NaN, maximum = Number.NaN } = rule;
      expect([minimum - 1, minimum, maximum, maximum + 1].map(accepts)).toEqual([false, true, true, false]);
      return;
    }
    const { pattern = '', minLength = 0, maxLength = Number.POSITIVE_INFINITY } = rule;
    expect(pattern !== '' || Number.isFinite(maxLength)).toBe(true);
    const isWithin = (value: string) =>
      new RegExp(pattern, 'u').test(value) && [...value].length >= minLength && [...value].length <= maxLength;
    const any = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 260 }),
      fc.string({ unit: fc.constantFrom('x', '-', '1', '+', ' '), maxLength: 260 }),
      fc.constantFrom(
        '',
        'x'.repeat(maxLength === Number.POSITIVE_INFINITY ? 20 : maxLength + 1),
        'en',
        '+34612345678',
      ),
    );
    fc.assert(fc.property(any, (value) => !accepts(value) || isWithin(value)));
  });

  it('states exact maximum lengths', () => {
    const isAccepted = (name: string, value: string) => fields.find(({ field }) => field === name)?.accepts(value);
    const longest = (name: string) => fields.find(({ field }) => field === name)?.rule.maxLength ?? 0;
    expect(isAccepted('name', '𠮷'.repeat(longest('name')))).toBe(true);
    expect(isAccepted('locale', `en-x-${'a'.repeat(8)}-${'b'.repeat(8)}-${'c'.repeat(8)}-123`)).toBe(true);
    expect(`en-x-${'a'.repeat(8)}-${'b'.repeat(8)}-${'c'.repeat(8)}-123`.length).toBe(longest('locale'));
    expect(isAccepted('Idempotency-Key', 'x'.repeat(longest('Idempotency-Key')))).toBe(true);
  });
});

it('a transient error of messaging becomes a problem that asks the caller to retry', () => {
  expect(toProblem(new TransientError('order 1 is being changed by others'))).toMatchObject({
    status: 503,
    code: 'busy',
  });
  expect(toProblem(new PermanentError('there is no order 1'))).toMatchObject({ status: 500, code: 'internal' });
});
