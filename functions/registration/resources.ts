import type { ProblemDocument } from '@rollcall/kit/contracts';
import { pathOf, problemDocument } from '@rollcall/kit/http';
import type { ApiRootResource } from '../../shared/contracts/api-root.ts';
import type { MemberResource, MemberResourceV2 } from '../../shared/contracts/member.ts';
import { type MemberRelation, memberRoutes } from '../../shared/contracts/member-links.ts';
import { nameParts } from '../../shared/contracts/name-parts.ts';
import type { OperationResource } from '../../shared/contracts/operation.ts';
import { kindOf } from '../../shared/contracts/problem.ts';
import { routes } from '../../shared/contracts/routes.ts';
import type { ActiveMember } from './member.ts';
import type { Operation } from './operation.ts';

/** The entry point for clients. */
export const apiRootResource: ApiRootResource = {
  _links: {
    self: { href: pathOf(routes.readRoot) },
    members: { href: pathOf(routes.register) },
    member: { href: routes.readMember.path, templated: true },
    operation: { href: routes.readOperation.path, templated: true },
    'service-desc': { href: pathOf(routes.readOpenApi) },
    'service-doc': { href: pathOf(routes.readDocs) },
  },
};

const memberLinks = ({ id }: ActiveMember) =>
  Object.fromEntries(
    Object.entries(memberRoutes).map(([relation, route]) => [relation, { href: pathOf(route, { id }) }]),
  ) as Record<MemberRelation, { href: string }>;

export function memberResource(member: ActiveMember): MemberResource {
  const { id, phone, name, locale, version, registeredAt } = member;
  const self = { href: pathOf(routes.readMember, { id }) };
  return { id, phone, name, locale, version, registeredAt, _links: { self, ...memberLinks(member) } };
}

export function memberResourceV2(member: ActiveMember): MemberResourceV2 {
  const { id, phone, name, locale, version, registeredAt } = member;
  const self = { href: pathOf(routes.readMemberV2, { id }) };
  return { id, phone, ...nameParts(name), locale, version, registeredAt, _links: { self, ...memberLinks(member) } };
}

/** The reason why an operation failed or expired; undefined in other states. */
export function operationProblem({ outcome }: Operation): ProblemDocument | undefined {
  if (outcome.state === 'failed') {
    if (outcome.because === 'account-closed') return problemDocument(kindOf(outcome.because), 'The member has left.');
    return problemDocument(kindOf(outcome.because), `The balance is ${outcome.balance} points.`);
  }
  if (outcome.state !== 'expired') return undefined;
  return problemDocument(
    kindOf('deadline-passed'),
    'The points service did not respond in time. If points were deducted, they are returned.',
  );
}

export function operationResource(operation: Operation): OperationResource {
  const { id, memberId, points, createdAt, deadline, outcome } = operation;
  const problem = operationProblem(operation);
  return {
    id,
    memberId,
    state: outcome.state,
    points,
    createdAt,
    deadline,
    ...(outcome.state === 'succeeded' && { result: { balance: outcome.balance, settledAt: outcome.settledAt } }),
    ...(problem && { problem }),
    ...(outcome.state === 'expired' && outcome.compensation && { compensation: outcome.compensation }),
    _links: {
      self: { href: pathOf(routes.readOperation, { id }) },
      member: { href: pathOf(routes.readMember, { id: memberId }) },
      points: { href: pathOf(routes.readPoints, { id: memberId }) },
    },
  };
}
