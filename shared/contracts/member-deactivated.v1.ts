import * as z from 'zod';
import type { MessageContract } from './contract.ts';
import { memberId, timestamp } from './fields.ts';

export const memberDeactivated = {
  type: 'rollcall.member.deactivated.v1',
  kind: 'event',
  data: z
    .object({ memberId, deactivatedAt: timestamp })
    .meta({ description: 'A member left. Whoever holds something personal of them erases it.' }),
} as const satisfies MessageContract;
