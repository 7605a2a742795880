/** Every route of the public API. infra/ makes them, and what asks for another is told which there are. */
export const routes = {
  readRoot: { method: 'GET', path: '/v1' },
  register: { method: 'POST', path: '/v1/members' },
  readMember: { method: 'GET', path: '/v1/members/{id}' },
  readMemberV2: { method: 'GET', path: '/v2/members/{id}' },
  changeMemberV2: { method: 'PATCH', path: '/v2/members/{id}' },
  deactivateMemberV2: { method: 'DELETE', path: '/v2/members/{id}' },
  changeMember: { method: 'PATCH', path: '/v1/members/{id}' },
  deactivateMember: { method: 'DELETE', path: '/v1/members/{id}' },
  readOnboarding: { method: 'GET', path: '/v1/members/{id}/onboarding' },
  readPoints: { method: 'GET', path: '/v1/members/{id}/points' },
  redeem: { method: 'POST', path: '/v1/members/{id}/redemptions' },
  readOperation: { method: 'GET', path: '/v1/operations/{id}' },
  readGuide: { method: 'GET', path: '/v1/members/{id}/guide' },
  readOpenApi: { method: 'GET', path: '/v1/openapi.json' },
  readDocs: { method: 'GET', path: '/docs' },
} as const;

export type Route = (typeof routes)[keyof typeof routes];
