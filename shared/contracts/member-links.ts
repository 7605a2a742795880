import type { Route } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { link, links } from './links.ts';
import { routes } from './routes.ts';

/** A member does not link to this route, because it is only for former members. */
const FORMER_MEMBERS_ONLY = 'erasure';

type Path = (typeof routes)[keyof typeof routes]['path'];
type NameIn<P> = P extends `/v1/members/{id}/${infer Name}`
  ? Name extends `${string}/${string}`
    ? never
    : Name
  : never;

/** The relation of a member's link to `/v1/members/{id}/NAME` is NAME. */
export type MemberRelation = Exclude<NameIn<Path>, typeof FORMER_MEMBERS_ONLY>;

/** The routes that a member links to, by relation. New routes are included automatically. */
export const memberRoutes = Object.fromEntries(
  Object.values<Route>(routes).flatMap((route) => {
    const [, name] = /^\/v1\/members\/\{id\}\/([^/]+)$/.exec(route.path) ?? [];
    return name === undefined || name === FORMER_MEMBERS_ONLY ? [] : [[name, route]];
  }),
) as Record<MemberRelation, Route>;

const relations = Object.keys(memberRoutes) as MemberRelation[];

const EXAMPLE_ID = '01999999-0000-7000-8000-000000000001';

/** @param self path of the link `self` */
export const exampleMemberLinks = (self = `/v1/members/${EXAMPLE_ID}`) => ({
  self: { href: self },
  ...Object.fromEntries(relations.map((name) => [name, { href: memberRoutes[name].path.replace('{id}', EXAMPLE_ID) }])),
});

export const memberLinks = z
  .object({
    self: link,
    ...(Object.fromEntries(relations.map((name) => [name, link])) as Record<MemberRelation, typeof link>),
  })
  .catchall(link)
  // `propertyNames` was published, and removing it counts as a breaking change of the contract.
  .meta({ ...links.meta(), examples: [exampleMemberLinks()], propertyNames: { type: 'string' } });
