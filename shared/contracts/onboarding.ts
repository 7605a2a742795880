import { timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';
import { links } from './links.ts';

const ID = '01999999-0000-7000-8000-000000000001';

export const onboarding = z
  .object({
    memberId,
    deadline: timestamp.meta({
      description: 'Replies are expected until this time. Later replies are included and marked as late.',
    }),
    state: z.enum(['collecting', 'closed']).meta({ description: 'Whether the deadline is in the future.' }),
    steps: z
      .array(
        z.object({
          source: z.string().meta({ description: 'The service that replied.' }),
          step: z.string(),
          summary: z.string(),
          completedAt: timestamp,
          late: z.boolean(),
        }),
      )
      .meta({ description: 'The replies, earliest first. Their final number is unknown.' }),
    _links: links,
  })
  .meta({
    description: 'The replies of subscribers to a registration.',
    examples: [
      {
        memberId: ID,
        deadline: '2026-11-21T10:05:00.123Z',
        state: 'collecting',
        steps: [
          {
            source: '/rollcall/points',
            step: 'bonus',
            summary: '100 points credited',
            completedAt: '2026-11-21T10:00:01.123Z',
            late: false,
          },
        ],
        _links: { self: { href: `/v1/members/${ID}/onboarding` } },
      },
    ],
  });

export type OnboardingResource = z.output<typeof onboarding>;
