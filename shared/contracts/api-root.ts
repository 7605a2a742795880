import * as z from 'zod';
import { links } from './links.ts';

export const apiRoot = z.object({ _links: links }).meta({
  description: 'Where a client begins that knows link relations only.',
  examples: [{ _links: { self: { href: '/v1' }, members: { href: '/v1/members' } } }],
});

export type ApiRootResource = z.output<typeof apiRoot>;
