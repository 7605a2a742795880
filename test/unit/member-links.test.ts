import { describe, expect, it } from 'vitest';
import type { ActiveMember } from '../../functions/registration/member.ts';
import { memberResource, memberResourceV2 } from '../../functions/registration/resources.ts';
import { member, memberV2 } from '../../shared/contracts/member.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { memberIdOf, TIME } from '../support/builders.ts';

const id = memberIdOf(1);
const registered: ActiveMember = {
  ...{ status: 'active' as const, id, version: 1, registeredAt: TIME.toISOString() },
  ...{ phone: '+34612345678', name: 'Lucía García', locale: 'es' },
};
const v1 = memberResource(registered);
const v2 = memberResourceV2(registered);

describe('the links of a member', () => {
  it.each([
    ['v1', v1],
    ['v2', v2],
  ])('have this content and order in %s', (version, { _links }) => {
    expect(JSON.stringify(_links)).toBe(
      JSON.stringify({
        self: { href: `/${version}/members/${id}` },
        points: { href: `/v1/members/${id}/points` },
        redemptions: { href: `/v1/members/${id}/redemptions` },
        guide: { href: `/v1/members/${id}/guide` },
        onboarding: { href: `/v1/members/${id}/onboarding` },
      }),
    );
  });

  it('contain every route below a member except the erasure', () => {
    const below = Object.values(routes).filter(({ path }) => path.startsWith('/v1/members/{id}/'));
    const linked = Object.values(v1._links).map(({ href }) => href.replace(id, '{id}'));
    const left = below.map(({ path }) => path).filter((path) => !linked.includes(path));
    expect(left).toEqual(['/v1/members/{id}/erasure']);
  });

  it('are all required by the contract', () => {
    for (const relation of Object.keys(v1._links)) {
      const { [relation as 'self']: _, ...others } = v1._links;
      expect(member.safeParse({ ...v1, _links: others }).success, relation).toBe(false);
      expect(memberV2.safeParse({ ...v2, _links: others }).success, relation).toBe(false);
    }
    expect([member.safeParse(v1).success, memberV2.safeParse(v2).success]).toEqual([true, true]);
  });
});
