import { document, timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';

export const pointsReturned = document(
  'rollcall.points.returned.v1',
  z
    .object({
      memberId,
      points: z.int().positive(),
      balance: z.int().meta({ description: 'The current points of the member.' }),
      returnedAt: timestamp,
    })
    .meta({
      description: 'The points of a redemption were returned. The correlation ID is that of the redemption.',
      examples: [
        {
          memberId: '01999999-0000-7000-8000-000000000001',
          points: 40,
          balance: 100,
          returnedAt: '2026-11-21T10:03:00.123Z',
        },
      ],
    }),
  { subjectField: 'memberId' },
);
