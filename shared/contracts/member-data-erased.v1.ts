import { document, timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';

export const memberDataErased = document(
  'rollcall.member.data-erased.v1',
  z
    .object({
      memberId,
      erasedAt: timestamp,
      kept: z.string().max(200).optional().meta({ description: 'Data that is kept anonymously, and why.' }),
    })
    .meta({
      description: 'A subscriber has erased its data of a member who left.',
      examples: [
        {
          memberId: '01999999-0000-7000-8000-000000000001',
          erasedAt: '2026-11-21T10:10:01.123Z',
          kept: 'ledger entries without personal data, because accounts must balance',
        },
      ],
    }),
  { subjectField: 'memberId' },
);
