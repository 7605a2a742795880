import { event, timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId, returning } from './fields.ts';
import { memberRegistered } from './member-registered.v1.ts';
import { nameParts } from './name-parts.ts';

export const memberRegisteredV2 = event(
  'rollcall.member.registered.v2',
  z
    .object({
      memberId,
      phone: z.string().meta({ description: 'Phone number in E.164 format.' }),
      country: z
        .string()
        .optional()
        .meta({
          description: 'Country whose numbering plan the phone belongs to (ISO 3166-1 alpha-2).',
          examples: ['ES'],
        }),
      givenName: z.string(),
      familyName: z.string().meta({ description: 'Empty if the name has one part.' }),
      displayName: z.string().meta({ description: 'The whole name, as the member wrote it.' }),
      locale: z.string().meta({ description: 'BCP 47 tag.' }),
      registeredAt: timestamp,
      returning,
    })
    .meta({
      description: 'A person registered as a member. The name is in parts.',
      examples: [
        {
          memberId: '01999999-0000-7000-8000-000000000001',
          phone: '+34612345678',
          country: 'ES',
          givenName: 'Lucía',
          familyName: 'García',
          displayName: 'Lucía García',
          locale: 'es',
          registeredAt: '2026-11-21T10:00:00.123Z',
        },
        {
          memberId: '01999999-0000-7000-8000-000000000001',
          phone: '+34612345678',
          country: 'ES',
          givenName: 'Lucía',
          familyName: 'García',
          displayName: 'Lucía García',
          locale: 'es',
          registeredAt: '2026-11-21T10:00:00.123Z',
          returning: true,
        },
      ],
    }),
  {
    subjectField: 'memberId',
    supersedes: {
      contract: memberRegistered,
      upcast: ({ name, ...rest }: z.output<typeof memberRegistered.data>) => ({ ...rest, ...nameParts(name) }),
    },
  },
);
