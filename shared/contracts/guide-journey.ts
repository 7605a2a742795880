import { timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';
import { links } from './links.ts';

const ID = '01999999-0000-7000-8000-000000000001';

export const guideJourney = z
  .object({
    memberId,
    locale: z.string().meta({ description: "BCP 47 tag of the texts: the best match for the member's locale." }),
    addressee: z.string().meta({ description: 'The name of the member.' }),
    startedAt: timestamp,
    title: z.string(),
    steps: z.array(z.object({ id: z.string(), title: z.string(), text: z.string() })),
    _links: links,
  })
  .meta({
    description: 'The guide in the inbox of a member, with its steps in order.',
    examples: [
      {
        memberId: ID,
        locale: 'en',
        addressee: 'Lucía García',
        startedAt: '2026-11-21T10:00:00.123Z',
        title: 'Your first steps',
        steps: [{ id: 'points', title: 'Your points', text: 'See what you have.' }],
        _links: { self: { href: `/v1/members/${ID}/guide` } },
      },
    ],
  });

export type GuideJourneyResource = z.output<typeof guideJourney>;
