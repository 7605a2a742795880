import { event, timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';

export const memberDeactivated = event(
  'rollcall.member.deactivated.v1',
  z
    .object({
      memberId,
      deactivatedAt: timestamp,
    })
    .meta({
      description: 'A member left. Every service erases its personal data of the member.',
      examples: [{ memberId: '01999999-0000-7000-8000-000000000001', deactivatedAt: '2026-11-21T10:10:00.123Z' }],
    }),
  { subjectField: 'memberId', erases: true },
);
