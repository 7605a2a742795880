import { document, timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';

export const redemptionSettled = document(
  'rollcall.points.redemption-settled.v1',
  z
    .object({
      memberId,
      outcome: z.enum(['succeeded', 'not-enough-points', 'account-closed', 'deadline-passed']),
      points: z.int().positive().meta({ description: 'The points that were to be redeemed.' }),
      balance: z.int().meta({ description: 'The current points of the member.' }),
      settledAt: timestamp,
    })
    .meta({
      description: 'The outcome of a redemption. The correlation ID is that of the command.',
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
