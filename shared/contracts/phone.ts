import { type NumberType, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import * as z from 'zod';
import type { PhoneType } from '../config/registration-limits.ts';

const E164 = /^\+[1-9]\d{1,14}$/;
const INVALID = 'must be a valid phone number in E.164 format, such as +34612345678';

const KINDS: Record<Exclude<NumberType, undefined>, string> = {
  MOBILE: 'a mobile number',
  FIXED_LINE_OR_MOBILE: 'a number that can be mobile',
  FIXED_LINE: 'a fixed-line number',
  PERSONAL_NUMBER: 'a personal number',
  VOIP: 'a VoIP number',
  PAGER: 'a pager number',
  UAN: 'a universal access number',
  VOICEMAIL: 'a voicemail number',
  TOLL_FREE: 'a toll-free number',
  SHARED_COST: 'a shared-cost number',
  PREMIUM_RATE: 'a premium-rate number',
};
// Created on demand, because Intl formats take milliseconds to create.
const anyOf = (kinds: readonly string[]) => new Intl.ListFormat('en', { type: 'disjunction' }).format(kinds);

/**
 * Describes why a phone in a request may not register. Returns undefined if it may. The text repeats the phone only in
 * E.164 form.
 */
function phoneError(value: string, types: readonly PhoneType[]): string | undefined {
  const parsed = parsePhoneNumberFromString(value.trim(), { extract: false });
  const type = parsed?.isValid() ? parsed.getType() : undefined;
  if (!parsed || type === undefined) return INVALID;
  if (!types.some((allowed) => allowed === type)) {
    return `must be ${anyOf(types.map((allowed) => KINDS[allowed]))}, not ${KINDS[type]}`;
  }
  // Numbers of satellite and other global networks are classified as mobile, but SMS to them are expensive.
  if (parsed.country === undefined)
    return 'must be a number of a country, not of a satellite or another global network';
  // The parser also accepts national prefixes and punctuation, but two spellings of one number would be two phones.
  return parsed.number === value && E164.test(value) ? undefined : `must be in E.164 form: ${parsed.number}`;
}

/** Country of a phone that may register (ISO 3166-1 alpha-2). */
export const countryOf = (phone: string): string | undefined => parsePhoneNumberFromString(phone)?.country;

const PHONE = 'Phone number in E.164 format.';

/** The phone of an existing member. Readers also accept phones that today's rules refuse. */
export const phone = z.string().meta({ description: PHONE, examples: ['+34612345678'] });

/** A phone in a request. It is validated against the numbering plan of its country, not only by its format. */
export const phoneInput = (types: readonly PhoneType[]) =>
  z
    .string()
    .superRefine((value, context) => {
      const message = phoneError(value, types);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta({
      description: `${PHONE} It must be valid in the numbering plan of its country, without digits that are dialled only within the country, such as the zero in +44 (0)7911 123456. Its type must be allowed by the stage; default: a number that is, or can be, mobile.`,
      examples: ['+34612345678'],
      pattern: E164.source,
    });
