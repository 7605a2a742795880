import { timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { CAN_BE_MOBILE, type PhoneType } from '../config/registration-limits.ts';
import { locale, memberId, name, nameInput } from './fields.ts';
import { exampleMemberLinks, memberLinks } from './member-links.ts';
import { phone, phoneInput } from './phone.ts';

const EXAMPLE = { phone: '+34612345678', name: 'Lucía García', locale: 'es' };
const ID = '01999999-0000-7000-8000-000000000001';

/** @param phoneTypes the types of phones that a stage accepts */
export const registrationOf = (phoneTypes: readonly PhoneType[]) =>
  z
    .object({ phone: phoneInput(phoneTypes), name: nameInput, locale })
    .meta({ description: 'The person to register.', examples: [EXAMPLE] });

/** The schema with default settings. Marked as pure, so that bundles that do not use it omit all phone metadata. */
export const registration = /* @__PURE__ */ registrationOf(CAN_BE_MOBILE);

export const profileChange = z
  .object({
    name: nameInput.optional(),
    locale: locale.optional(),
    phone: z.undefined({ error: 'cannot be changed; deactivate the member and register again' }).optional(),
  })
  .refine((change) => change.name !== undefined || change.locale !== undefined, {
    error: 'must contain name, locale or both',
  })
  .meta({
    description: 'The changes of a member: name, locale or both.',
    examples: [{ locale: 'en' }],
    minProperties: 1,
  });

const identity = { id: memberId, phone };
const state = { version: z.int().positive(), registeredAt: timestamp, _links: memberLinks };
const exampleState = { version: 1, registeredAt: '2026-11-21T10:00:00.123Z' };

export const member = z.object({ ...identity, name, locale, ...state }).meta({
  description: 'A member.',
  examples: [{ id: ID, ...EXAMPLE, ...exampleState, _links: exampleMemberLinks(`/v1/members/${ID}`) }],
});

export const memberV2 = z
  .object({
    ...identity,
    givenName: z.string(),
    familyName: z.string().meta({ description: 'Empty if the name has one part.' }),
    displayName: name.meta({ description: 'The whole name, as the member wrote it.' }),
    locale,
    ...state,
  })
  .meta({
    description: 'A member, with the name in parts.',
    examples: [
      {
        id: ID,
        phone: EXAMPLE.phone,
        givenName: 'Lucía',
        familyName: 'García',
        displayName: EXAMPLE.name,
        locale: 'es',
        ...exampleState,
        _links: exampleMemberLinks(`/v2/members/${ID}`),
      },
    ],
  });

export type Registration = z.output<typeof registration>;
export type ProfileChange = z.output<typeof profileChange>;
export type MemberResource = z.output<typeof member>;
export type MemberResourceV2 = z.output<typeof memberV2>;
