import * as z from 'zod';
import { memberId, timestamp } from './fields.ts';
import { links } from './links.ts';

export const pointsAccount = z
  .object({
    memberId,
    state: z.enum(['open', 'closed']),
    balance: z.int(),
    entries: z.array(z.object({ points: z.int(), reason: z.string(), at: timestamp })),
    _links: links,
  })
  .meta({ description: "A member's points, with the ledger entries that they come from." });

export type PointsAccountResource = z.output<typeof pointsAccount>;
