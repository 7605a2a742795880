import * as z from 'zod';
import { links } from './links.ts';

export const apiRoot = z.object({ _links: links }).meta({
  description: 'The entry point of the API for clients that follow links.',
  examples: [{ _links: { self: { href: '/v1' }, members: { href: '/v1/members' } } }],
});

export type ApiRootResource = z.output<typeof apiRoot>;
