import * as z from 'zod';

export const links = z
  .record(z.string(), z.object({ href: z.string() }))
  .meta({ description: 'Where to go from here, by link relation.', examples: [{ self: { href: '/v1' } }] });
