import * as z from 'zod';

export const link = z.object({ href: z.string(), templated: z.boolean().optional() });

export const links = z.record(z.string(), link).meta({
  description: 'Links by relation. If `templated` is true, `href` is a URI template (RFC 6570).',
  examples: [{ self: { href: '/v1' } }],
});
