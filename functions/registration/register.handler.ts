import { causeOf, etag, idempotencyKeyOf, json, jsonEndpoint } from '@rollcall/kit/http';
import { aboutAggregate, createObservability } from '@rollcall/kit/observability';
import { registrationOf } from '../../shared/contracts/member.ts';
import { countryOf } from '../../shared/contracts/phone.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { memberResource } from './resources.ts';
import { createServices } from './services.ts';

// This handler has its own file, so that the bundles of the other REST handlers do not contain the full metadata of
// phone numbers.

const { logger, count } = createObservability('registration');
const { limits, members, admission, locationOf } = createServices({ logger });
const { admitCaller, admitChange } = admission;

export const register = jsonEndpoint(logger, registrationOf(limits.phoneTypes), async (event, body) => {
  await admitChange();
  const rateLimitHeaders = await admitCaller(event.requestContext.http.sourceIp);
  const { member, replayed } = await members.register(
    body,
    countryOf(body.phone),
    idempotencyKeyOf(event),
    causeOf(event),
  );
  aboutAggregate(member.id, !replayed);
  if (!replayed) count({ Registrations: 1 });
  return json(201, memberResource(member), {
    ...rateLimitHeaders,
    etag: etag(member.version),
    location: locationOf(routes.readMember, member),
  });
});
