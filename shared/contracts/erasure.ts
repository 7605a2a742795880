import { timestamp } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { memberId } from './fields.ts';
import { links } from './links.ts';

const ID = '01999999-0000-7000-8000-000000000001';

export const erasure = z
  .object({
    memberId,
    requestedAt: timestamp,
    state: z.enum(['pending', 'done']).meta({ description: '`done` if every service has confirmed the erasure.' }),
    services: z
      .array(
        z.object({
          service: z.string(),
          erasedAt: timestamp
            .optional()
            .meta({ description: 'Time of the confirmation; missing if there is none yet.' }),
          kept: z.string().optional().meta({ description: 'Data that the service keeps anonymously, and why.' }),
        }),
      )
      .meta({ description: 'Every service that had subscribed when the member left.' }),
    _links: links,
  })
  .meta({
    description: "The state of the erasure of a former member's personal data.",
    examples: [
      {
        memberId: ID,
        requestedAt: '2026-11-21T10:10:00.123Z',
        state: 'pending',
        services: [{ service: 'guide' }, { service: 'sms', erasedAt: '2026-11-21T10:10:01.123Z' }],
        _links: { self: { href: `/v1/members/${ID}/erasure` } },
      },
    ],
  });

export type ErasureResource = z.output<typeof erasure>;
