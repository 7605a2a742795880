import { timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';
import { links } from './links.ts';

const ID = '01999999-0000-7000-8000-000000000001';

export const onboarding = z
  .object({
    memberId,
    deadline: timestamp.meta({
      description: 'Until then answers are expected. What was done later is shown, as late.',
    }),
    state: z.enum(['collecting', 'closed']).meta({ description: 'Whether the deadline is still to come.' }),
    steps: z
      .array(
        z.object({
          source: z.string().meta({ description: 'Which service it was.' }),
          step: z.string(),
          summary: z.string(),
          completedAt: timestamp,
          late: z.boolean(),
        }),
      )
      .meta({ description: 'What was answered, the earliest first. Nobody knows how many there will be.' }),
    _links: links,
  })
  .meta({
    description: 'What the subscribers did about a registration.',
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
