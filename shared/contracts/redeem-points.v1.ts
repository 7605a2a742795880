import { command, timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';

export const redeemPoints = command(
  'rollcall.points.redeem.v1',
  z
    .object({
      memberId,
      points: z.int().positive(),
      deadline: timestamp.optional().meta({ description: 'After this time, the points are no longer needed.' }),
    })
    .meta({
      description:
        'Deduct points from the balance of a member if it is sufficient. The reply is rollcall.points.redemption-settled.v1.',
      examples: [
        { memberId: '01999999-0000-7000-8000-000000000001', points: 40, deadline: '2026-11-21T10:03:00.123Z' },
      ],
    }),
  { subjectField: 'memberId' },
);
