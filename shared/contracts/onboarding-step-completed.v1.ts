import { document, timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';

export const onboardingStepCompleted = document(
  'rollcall.onboarding.step-completed.v1',
  z
    .object({
      memberId,
      step: z
        .string()
        .regex(/^[a-z][a-z0-9-]{0,49}$/)
        .meta({ description: 'The name that the subscriber gives to the completed step.' }),
      summary: z.string().max(200).meta({ description: 'The completed step as readable text, without personal data.' }),
      completedAt: timestamp,
    })
    .meta({
      description: 'A subscriber completed a step of the onboarding of a member.',
      examples: [
        {
          memberId: '01999999-0000-7000-8000-000000000001',
          step: 'bonus',
          summary: '100 points credited',
          completedAt: '2026-11-21T10:00:01.123Z',
        },
      ],
    }),
  { subjectField: 'memberId' },
);
