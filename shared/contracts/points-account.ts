import { timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';
import { links } from './links.ts';

const ID = '01999999-0000-7000-8000-000000000001';

export const pointsAccount = z
  .object({
    memberId,
    state: z.enum(['open', 'closed']),
    balance: z.int(),
    entries: z.array(z.object({ points: z.int(), reason: z.string(), at: timestamp })),
    asOf: timestamp
      .optional()
      .meta({ description: 'Present if the account cannot be read now: the time of this copy.' }),
    _links: links,
  })
  .meta({
    description: "A member's points, with the ledger entries that they come from.",
    examples: [
      {
        memberId: ID,
        state: 'open',
        balance: 100,
        entries: [{ points: 100, reason: 'registration', at: '2026-11-21T10:00:00.123Z' }],
        _links: { self: { href: `/v1/members/${ID}/points` } },
      },
    ],
  });

export type PointsAccountResource = z.output<typeof pointsAccount>;
