import { event, timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';

export const memberProfileChanged = event(
  'rollcall.member.profile-changed.v1',
  z
    .object({
      memberId,
      name: z.string(),
      locale: z.string(),
      changedAt: timestamp,
    })
    .meta({
      description: 'A member changed name or locale. Contains the complete current profile.',
      examples: [
        {
          memberId: '01999999-0000-7000-8000-000000000001',
          name: 'Lucía García',
          locale: 'en',
          changedAt: '2026-11-21T10:05:00.123Z',
        },
      ],
    }),
  { subjectField: 'memberId' },
);
