import fc from 'fast-check';
import { getCountries, getExampleNumber, Metadata, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { register } from '../../functions/registration/register.handler.ts';
import { rpc } from '../../functions/registration/rpc.handler.ts';
import { stageNamed } from '../../infra/stages.ts';
import { registration, registrationOf } from '../../shared/contracts/member.ts';
import { call } from '../support/http.ts';

const tables = await vi.hoisted(async () => {
  const support = await import('../support/http.ts');
  Object.assign(process.env, support.REGISTRATION_ENVIRONMENT);
  return new support.OneMemberTables();
});
vi.mock('@rollcall/kit/internal/aws/clients', () => ({ createDynamoDB: () => tables }));
vi.mock('../../shared/pseudonyms.ts', () => ({
  createPseudonym: () => async (personal: string) => personal,
}));
beforeEach(() => {
  tables.written.length = 0;
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => void vi.restoreAllMocks());

const person = (phone: string) => ({ phone, name: 'Lucía', locale: 'es' });
const headers = { 'content-type': 'application/json' };
const INVALID = '/problems/invalid';

interface Refusal {
  pointer: string;
  detail: string;
}

/** For each API, a function that registers a phone. It returns the error, or undefined if the phone is accepted. */
const APIS: Record<string, (phone: string) => Promise<Refusal | undefined>> = {
  async REST(phone) {
    const request = { method: 'POST', path: '/v1/members', headers, body: JSON.stringify(person(phone)) };
    const { statusCode, body = '' } = await call(register, request);
    if (statusCode === 201) return undefined;
    const { type, status, errors } = JSON.parse(body);
    expect([type, status, errors.length]).toEqual([INVALID, 422, 1]);
    return errors[0];
  },
  async RPC(phone) {
    const path = '/rollcall.members.v1.MemberService/Register';
    const request = { method: 'POST', path, headers, body: JSON.stringify(person(phone)) };
    const { statusCode, body = '' } = await call(rpc, request);
    const response = JSON.parse(Buffer.from(body, 'base64').toString());
    if (statusCode === 200) return undefined;
    const { type, violations } = response.details[0].debug;
    expect([response.code, type, violations.length]).toEqual(['invalid_argument', INVALID, 1]);
    return violations[0];
  },
};
const apis = Object.entries(APIS);

/** A mobile number of every country that the library knows. */
const numbers = getCountries().map((country) => {
  const example = getExampleNumber(country, examples);
  if (!example) throw new Error(`no example of ${country}`);
  return { country, phone: example.number, code: example.countryCallingCode, national: example.nationalNumber };
});
const nationalPrefixOf = (country: (typeof numbers)[number]['country']) => {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country);
  // The library's types lack this property.
  const plan = metadata.numberingPlan as unknown as { nationalPrefix(): string | undefined };
  return plan.nationalPrefix();
};
/** Spellings that contain the national prefix, which is dialled only within the country. */
const aliases = numbers.flatMap(({ country, phone, code, national }) => {
  const prefix = nationalPrefixOf(country);
  const alias = `+${code}${prefix}${national}`;
  return prefix && parsePhoneNumberFromString(alias)?.number === phone ? [{ alias, phone }] : [];
});

describe.each(apis)('by %s', (_, refusalOf) => {
  it('a mobile number of every country registers', async () => {
    for (const { phone } of numbers) expect(await refusalOf(phone), phone).toBeUndefined();
    expect(numbers.length).toBeGreaterThanOrEqual(245);
  });

  it('a number has only one accepted spelling, and the error contains it', async () => {
    for (const { alias, phone } of aliases) {
      expect(await refusalOf(alias), alias).toEqual({ pointer: '#/phone', detail: `must be in E.164 form: ${phone}` });
    }
    expect(tables.written).toEqual([]);
    expect(aliases.length).toBeGreaterThan(100);
  });

  it.each([
    ['a personal number', '+447024123456'],
    ['a premium-rate number', '+449098790123'],
    ['a premium-rate number', '+19002345678'],
    ['a premium-rate number', '+34803123456'],
    ['a premium-rate number', '+979123456789'],
    ['a shared-cost number', '+80812345678'],
    ['a toll-free number', '+18002345678'],
    ['a pager number', '+447640123456'],
    ['a universal access number', '+445512345678'],
    ['a voicemail number', '+3934891234567'],
    ['a VoIP number', '+445612345678'],
    ['a fixed-line number', '+442012345678'],
  ])('%s is refused, and the error contains its kind: %s', async (kind, phone) => {
    expect(await refusalOf(phone)).toEqual({
      pointer: '#/phone',
      detail: `must be a mobile number or a number that can be mobile, not ${kind}`,
    });
  });

  it.each(['+881612345678', '+870773111632'])(
    'a satellite number is refused, although it is mobile: %s',
    async (phone) => {
      expect(await refusalOf(phone)).toEqual({
        pointer: '#/phone',
        detail: 'must be a number of a country, not of a satellite or another global network',
      });
    },
  );
});

const accepts = (phone: string) => registration.safeParse(person(phone)).success;
const digits = (most: number) => fc.stringMatching(new RegExp(`^\\d{0,${most}}$`));

describe('a phone', () => {
  it('has only one accepted spelling, whatever is added before, inside or after it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...numbers),
        digits(4),
        digits(2),
        fc.constantFrom('', ' ', '(0)', '-', '\u00A0', '/'),
        fc.constantFrom('', 'tel:', '00', ' ', '＋'),
        ({ phone, code, national }, inserted, suffix, gap, prefix) => {
          const spelling = `${prefix}${prefix === '＋' ? '' : '+'}${code}${gap}${inserted}${national}${suffix}`;
          if (spelling === phone) return;
          const isAlias = parsePhoneNumberFromString(spelling)?.number === phone;
          if (isAlias) expect(accepts(spelling), spelling).toBe(false);
          if (accepts(spelling)) expect(spelling).toMatch(/^\+[1-9]\d{1,14}$/);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each(['+44 7911 123456', '+44-7911-123456', ' +447911123456', '+447911123456;ext=5', '+44(0)7911123456'])(
    'with additional characters is refused, and the error contains its E.164 form: %j',
    async (phone) => {
      const { error } = registration.safeParse(person(phone));
      expect(error?.issues.map(({ message }) => message)).toEqual(['must be in E.164 form: +447911123456']);
    },
  );

  it.each(['+44 7911 12345', 'call +447911123456', '07911123456', '+4479111234567', `+${'4'.repeat(300)}`, '+'])(
    'that is invalid is refused with an error that does not contain it: %j',
    async (phone) => {
      const { error } = registration.safeParse(person(phone));
      expect(error?.issues.map(({ message }) => message)).toEqual([
        'must be a valid phone number in E.164 format, such as +34612345678',
      ]);
    },
  );

  it('must be of a kind that the stage accepts', () => {
    const parseFor = (phoneTypes: Parameters<typeof registrationOf>[0], phone: string) =>
      registrationOf(phoneTypes).safeParse(person(phone));
    expect(parseFor(['MOBILE', 'VOIP'], '+445612345678').success).toBe(true);
    expect(parseFor(['MOBILE'], '+12125550123').error?.issues).toMatchObject([
      { message: 'must be a mobile number, not a number that can be mobile' },
    ]);
    for (const name of ['dev', 'prod']) {
      expect(stageNamed(name).registrations.phoneTypes).toEqual(['MOBILE', 'FIXED_LINE_OR_MOBILE']);
    }
  });
});
