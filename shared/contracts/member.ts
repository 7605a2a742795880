import * as z from 'zod';
import { locale, memberId, name, timestamp } from './fields.ts';
import { links } from './links.ts';
import { phone } from './phone.ts';

export const registration = z.object({ phone, name, locale }).meta({ description: 'Body of POST /v1/members.' });

export const profileChange = z
  .object({
    name: name.optional(),
    locale: locale.optional(),
    phone: z.undefined({ error: 'cannot be changed; deactivate the member and register again' }).optional(),
  })
  .refine((change) => change.name !== undefined || change.locale !== undefined, {
    error: 'must name at least one of name and locale',
  })
  .meta({ description: 'Body of PATCH /v1/members/{id}.' });

export const member = z
  .object({ id: memberId, phone, name, locale, version: z.int().positive(), registeredAt: timestamp, _links: links })
  .meta({ description: 'A member.' });

export type Registration = z.output<typeof registration>;
export type ProfileChange = z.output<typeof profileChange>;
export type MemberResource = z.output<typeof member>;
