import * as z from 'zod';
import type { MessageContract } from './contract.ts';
import { memberId, timestamp } from './fields.ts';

/** Readers check shape only: what a valid phone or name is may change without breaking them. */
export const memberRegistered = {
  type: 'rollcall.member.registered.v1',
  kind: 'event',
  data: z
    .object({
      memberId,
      phone: z.string().meta({ description: 'Phone number in E.164 format.' }),
      name: z.string(),
      locale: z.string().meta({ description: 'BCP 47 tag.' }),
      registeredAt: timestamp,
    })
    .meta({ description: 'A person registered as a member.' }),
} as const satisfies MessageContract;
