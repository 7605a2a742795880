import * as z from 'zod';
import { memberId, timestamp } from './fields.ts';
import { links } from './links.ts';

export const guideJourney = z
  .object({
    memberId,
    locale: z.string().meta({ description: 'BCP 47 tag of the texts, the closest there is to what the member wants.' }),
    startedAt: timestamp,
    title: z.string(),
    steps: z.array(z.object({ id: z.string(), title: z.string(), text: z.string() })),
    _links: links,
  })
  .meta({ description: 'The guide that lies in the inbox of a member, its steps in order.' });

export type GuideJourneyResource = z.output<typeof guideJourney>;
