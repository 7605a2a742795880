import { document, timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';

export const redemptionSettled = document(
  'rollcall.points.redemption-settled.v1',
  z
    .object({
      memberId,
      outcome: z.enum(['succeeded', 'not-enough-points', 'account-closed', 'deadline-passed']),
      points: z.int().positive().meta({ description: 'What was to be redeemed.' }),
      balance: z.int().meta({ description: 'Points that the member has by now.' }),
      settledAt: timestamp,
    })
    .meta({
      description: 'What became of a redemption. Its correlation id is that of the command.',
      examples: [
        {
          memberId: '01999999-0000-7000-8000-000000000001',
          outcome: 'succeeded',
          points: 40,
          balance: 60,
          settledAt: '2026-11-21T10:02:00.123Z',
        },
      ],
    }),
  { subjectField: 'memberId' },
);
