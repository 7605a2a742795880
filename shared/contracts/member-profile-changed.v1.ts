import * as z from 'zod';
import type { MessageContract } from './contract.ts';
import { memberId, timestamp } from './fields.ts';

export const memberProfileChanged = {
  type: 'rollcall.member.profile-changed.v1',
  kind: 'event',
  data: z
    .object({ memberId, name: z.string(), locale: z.string(), changedAt: timestamp })
    .meta({ description: 'A member changed name or locale. Carries the whole profile as it is now.' }),
} as const satisfies MessageContract;
