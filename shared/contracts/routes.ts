/** Every route of the public API. infra/ makes them, and what asks for another is told which there are. */
export const routes = {
  register: { method: 'POST', path: '/v1/members' },
  readMember: { method: 'GET', path: '/v1/members/{id}' },
  changeMember: { method: 'PATCH', path: '/v1/members/{id}' },
  deactivateMember: { method: 'DELETE', path: '/v1/members/{id}' },
  readPoints: { method: 'GET', path: '/v1/members/{id}/points' },
  readGuide: { method: 'GET', path: '/v1/members/{id}/guide' },
} as const;

export type Route = (typeof routes)[keyof typeof routes];
