import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { createDynamoDB } from '../../shared/aws/clients.ts';
import { readEnvironment, text } from '../../shared/config/environment.ts';
import type { MemberResource } from '../../shared/contracts/member.ts';
import { profileChange, registration } from '../../shared/contracts/member.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { etag } from '../../shared/http/conditions.ts';
import { endpoint, type HttpEvent, header, json, jsonEndpoint, memberId } from '../../shared/http/endpoint.ts';
import { notFound, Problem } from '../../shared/http/problems.ts';
import { allowedMethods, pathOf } from '../../shared/http/routing.ts';
import { createObservability } from '../../shared/observability/observability.ts';
import type { ActiveMember } from './member.ts';
import { createMembers, type Trace } from './members.ts';
import { createMemberStore } from './store.ts';

const { logger, count } = createObservability('registration');

const environment = readEnvironment(z.object({ MEMBERS_TABLE: text, OUTBOX_TABLE: text }));

const members = createMembers({
  store: createMemberStore({
    client: createDynamoDB(),
    membersTable: environment.MEMBERS_TABLE,
    outboxTable: environment.OUTBOX_TABLE,
  }),
  now: () => new Date(),
  newId,
});

export const register = jsonEndpoint(logger, registration, async (event, body) => {
  const { member, replayed } = await members.register(body, idempotencyKey(event), trace(event));
  if (!replayed) count({ Registrations: 1 });
  return json(201, resource(member), { etag: etag(member.version), location: pathOf(routes.readMember, member) });
});

export const read = endpoint(logger, async (event) => {
  const member = await members.read(memberId(event));
  return json(200, resource(member), { etag: etag(member.version) });
});

export const change = jsonEndpoint(logger, profileChange, async (event, body) => {
  const ifMatch = header(event, 'if-match');
  if (!ifMatch) throw new Problem(428, 'precondition-required', 'Send If-Match with the ETag of your last read.');
  const member = await members.change(memberId(event), ifMatch, body, trace(event));
  return json(200, resource(member), { etag: etag(member.version) });
});

export const deactivate = endpoint(logger, async (event) => {
  await members.deactivate(memberId(event), header(event, 'if-match'), trace(event));
  return { statusCode: 204 };
});

/** Everything that no route takes. */
export const unrouted = endpoint(logger, async ({ rawPath }) => {
  const allow = allowedMethods(Object.values(routes), rawPath);
  if (allow.length === 0) throw notFound(`resource ${rawPath}`);
  throw new Problem(405, 'method-not-allowed', `Allowed here: ${allow.join(', ')}.`, {
    headers: { allow: allow.join(', ') },
  });
});

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

function trace(event: HttpEvent): Trace {
  const traceparent = header(event, 'traceparent');
  return {
    correlationId: event.requestContext.requestId,
    ...(traceparent && TRACEPARENT.test(traceparent) && { traceparent }),
  };
}

function idempotencyKey(event: HttpEvent): string | undefined {
  const key = header(event, 'idempotency-key');
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem(400, 'invalid-idempotency-key', 'Idempotency-Key may have 1 to 255 visible ASCII characters.');
}

function resource({ id, phone, name, locale, version, registeredAt }: ActiveMember): MemberResource {
  return {
    id,
    phone,
    name,
    locale,
    version,
    registeredAt,
    _links: {
      self: { href: pathOf(routes.readMember, { id }) },
      points: { href: pathOf(routes.readPoints, { id }) },
      guide: { href: pathOf(routes.readGuide, { id }) },
    },
  };
}
