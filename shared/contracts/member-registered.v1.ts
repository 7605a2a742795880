import { event, timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId, returning } from './fields.ts';

export const memberRegistered = event(
  'rollcall.member.registered.v1',
  z
    .object({
      memberId,
      phone: z.string().meta({ description: 'Phone number in E.164 format.' }),
      name: z.string(),
      locale: z.string().meta({ description: 'BCP 47 tag.' }),
      registeredAt: timestamp,
      returning,
    })
    .meta({
      description: 'A person registered as a member. This event is no longer published, because version 2 replaces it.',
      examples: [
        {
          memberId: '01999999-0000-7000-8000-000000000001',
          phone: '+34612345678',
          name: 'Lucía García',
          locale: 'es',
          registeredAt: '2026-11-21T10:00:00.123Z',
        },
        {
          memberId: '01999999-0000-7000-8000-000000000001',
          phone: '+34612345678',
          name: 'Lucía García',
          locale: 'es',
          registeredAt: '2026-11-21T10:00:00.123Z',
          returning: true,
        },
      ],
    }),
  { subjectField: 'memberId' },
);
