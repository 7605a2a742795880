import { problem, timestamp, wholeNumber } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';
import { links } from './links.ts';

const ID = '01999999-0000-7000-8000-0000000000aa';

export const redemption = z
  .object({
    points: wholeNumber(1, 1_000_000),
    expiresIn: wholeNumber(5, 3600).default(60).meta({
      description: 'Seconds until the operation expires if no reply has arrived.',
    }),
  })
  .meta({ description: 'Points to redeem.', examples: [{ points: 40 }] });

export const operation = z
  .object({
    id: z.uuid(),
    memberId,
    state: z.enum(['pending', 'succeeded', 'failed', 'expired']),
    points: z.int().positive().meta({ description: 'The points to redeem.' }),
    createdAt: timestamp,
    deadline: timestamp,
    result: z
      .object({ balance: z.int(), settledAt: timestamp })
      .optional()
      .meta({ description: 'Present if the operation succeeded: the remaining points.' }),
    problem: problem.optional().meta({ description: 'Present if the operation failed or expired.' }),
    compensation: z.enum(['not-needed', 'pending', 'done']).optional().meta({
      description: 'Present if an expired operation got a late reply: whether points that were taken were returned.',
    }),
    _links: links,
  })
  .meta({
    description: 'The state and outcome of a redemption.',
    examples: [
      {
        id: ID,
        memberId: '01999999-0000-7000-8000-000000000001',
        state: 'succeeded',
        points: 40,
        createdAt: '2026-11-21T10:02:00.123Z',
        deadline: '2026-11-21T10:03:00.123Z',
        result: { balance: 60, settledAt: '2026-11-21T10:02:00.456Z' },
        _links: { self: { href: `/v1/operations/${ID}` } },
      },
    ],
  });

export type Redemption = z.output<typeof redemption>;
export type OperationResource = z.output<typeof operation>;
