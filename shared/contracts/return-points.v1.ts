import { command } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';

export const returnPoints = command(
  'rollcall.points.return.v1',
  z
    .object({
      memberId,
      points: z.int().positive(),
      redemption: z.string().meta({ description: 'Correlation id of the redemption that is undone.' }),
    })
    .meta({
      description: 'Return the points of an expired redemption. The reply is rollcall.points.returned.v1.',
      examples: [
        {
          memberId: '01999999-0000-7000-8000-000000000001',
          points: 40,
          redemption: '01999999-0000-7000-8000-0000000000aa',
        },
      ],
    }),
  { subjectField: 'memberId' },
);
