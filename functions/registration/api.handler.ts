import {
  allowedMethods,
  causeOf,
  endpoint,
  etag,
  json,
  jsonEndpoint,
  notFound,
  Problem,
  preconditions,
} from '@rollcall/kit/http';
import { createObservability } from '@rollcall/kit/observability';
import { profileChange } from '../../shared/contracts/member.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { PUBLIC } from './caching.ts';
import { erasureOf, readErasure } from './erasure.ts';
import { onboardingOf, readSteps } from './onboarding.ts';
import { apiRootResource, memberResource, memberResourceV2 } from './resources.ts';
import { createServices } from './services.ts';

const { logger } = createObservability('registration');
const { dependencies, members, admission, memberAccess, locationOf } = createServices({ logger });
const { client, MEMBERS_TABLE: membersTable } = dependencies;
const { admitChange } = admission;
const { readable, writable } = memberAccess;

export const root = endpoint(logger, async () => json(200, apiRootResource, PUBLIC));

export const read = endpoint(logger, async (event) => {
  const member = await members.read(readable(event));
  return json(200, memberResource(member), { etag: etag(member.version), ...deprecationHeaders(member) });
});

export const readV2 = endpoint(logger, async (event) => {
  const member = await members.read(readable(event));
  return json(200, memberResourceV2(member), { etag: etag(member.version) });
});

const changeEndpoint = (resourceOf: typeof memberResource | typeof memberResourceV2) =>
  jsonEndpoint(logger, profileChange, async (event, body) => {
    const id = writable(event);
    await admitChange();
    const conditions = preconditions(event);
    if (!conditions.ifMatch)
      throw new Problem('precondition-required', 'Send If-Match with the ETag of your last read.');
    const member = await members.change(id, conditions, body, causeOf(event));
    return json(200, resourceOf(member), { etag: etag(member.version) });
  });

export const change = changeEndpoint(memberResource);
export const changeV2 = changeEndpoint(memberResourceV2);

export const deactivate = endpoint(
  logger,
  async (event) => {
    const id = writable(event);
    await admitChange();
    await members.deactivate(id, preconditions(event), causeOf(event));
    // Links to the resource that shows whether the erasure is complete (RFC 8631).
    return { statusCode: 204, headers: { link: `<${locationOf(routes.readErasure, { id })}>; rel="status"` } };
  },
  { mediaType: null },
);

export const readErasureOf = endpoint(logger, async (event) => {
  const id = readable(event);
  const erasure = await readErasure(client, membersTable, id);
  if (!erasure) throw notFound(`erasure of member ${id}`);
  return json(200, erasureOf(id, erasure));
});

export const readOnboarding = endpoint(logger, async (event) => {
  const id = readable(event);
  const [member, steps] = await Promise.all([members.read(id), readSteps(client, membersTable, id)]);
  return json(200, onboardingOf(member, steps, new Date()));
});

/** Responds to every request that matches no route. */
export const unrouted = endpoint(
  logger,
  async ({ rawPath, requestContext }) => {
    const allow = allowedMethods(Object.values(routes), rawPath).join(', ');
    if (allow === '') throw notFound('resource');
    if (requestContext.http.method === 'OPTIONS') return { statusCode: 204, headers: { allow } };
    throw new Problem('method-not-allowed', `Allowed methods: ${allow}.`, { headers: { allow } });
  },
  { mediaType: null, routes: Object.values(routes) },
);

/** From this date on, version 1 of the member resource is deprecated (RFC 9745). */
const DEPRECATED_AT = Date.UTC(2026, 10, 21) / 1000;
/** After this date, version 1 of the member resource may be unavailable (RFC 8594). */
const SUNSET = new Date(Date.UTC(2027, 10, 21)).toUTCString();

const deprecationHeaders = ({ id }: { id: string }) => ({
  deprecation: `@${DEPRECATED_AT}`,
  sunset: SUNSET,
  link: `<${locationOf(routes.readMemberV2, { id })}>; rel="successor-version"`,
});
