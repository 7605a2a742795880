import type { Route } from '@rollcall/kit/contracts';

/** All routes of the public API. infra/ deploys them, and the responses 404 and 405 are derived from them. */
export const routes = {
  readRoot: { method: 'GET', path: '/v1', access: 'public' },
  register: { method: 'POST', path: '/v1/members', access: 'public' },
  readMember: { method: 'GET', path: '/v1/members/{id}', access: 'read' },
  readMemberV2: { method: 'GET', path: '/v2/members/{id}', access: 'read' },
  changeMemberV2: { method: 'PATCH', path: '/v2/members/{id}', access: 'write' },
  deactivateMemberV2: { method: 'DELETE', path: '/v2/members/{id}', access: 'write' },
  changeMember: { method: 'PATCH', path: '/v1/members/{id}', access: 'write' },
  deactivateMember: { method: 'DELETE', path: '/v1/members/{id}', access: 'write' },
  readErasure: { method: 'GET', path: '/v1/members/{id}/erasure', access: 'read' },
  readPoints: { method: 'GET', path: '/v1/members/{id}/points', access: 'read' },
  redeem: { method: 'POST', path: '/v1/members/{id}/redemptions', access: 'write' },
  readOperation: { method: 'GET', path: '/v1/operations/{id}', access: 'read' },
  readGuide: { method: 'GET', path: '/v1/members/{id}/guide', access: 'read' },
  readOnboarding: { method: 'GET', path: '/v1/members/{id}/onboarding', access: 'read' },
  readOpenApi: { method: 'GET', path: '/v1/openapi.json', access: 'public' },
  readDocs: { method: 'GET', path: '/docs', access: 'public' },
} as const satisfies Record<string, Route>;
