import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext } from '@connectrpc/connect';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import {
  MemberSchema,
  MemberService,
  OperationSchema,
} from '../../shared/contracts/generated/rollcall/members/v1/member_service_pb.ts';
import { profileChange } from '../../shared/contracts/member.ts';
import { redemption } from '../../shared/contracts/operation.ts';
import { etag } from '../../shared/http/conditions.ts';
import { notFound, Problem } from '../../shared/http/problems.ts';
import { answerCall, CALLER_HEADER, rpcEndpoint } from '../../shared/http/rpc.ts';
import { traceOf } from '../../shared/http/trace.ts';
import { validated } from '../../shared/http/validation.ts';
import { createObservability } from '../../shared/observability/observability.ts';
import { aboutAggregate } from '../../shared/observability/spans.ts';
import type { ActiveMember } from './member.ts';
import type { Trace } from './members.ts';
import type { Operation } from './operation.ts';
import { operationProblem } from './resources.ts';
import { createServices } from './services.ts';

const { logger, count } = createObservability('registration');
const { registration, members, redemptions, admission } = createServices({ logger });
const { admitCaller, admitPhone, admitChange } = admission;

/** A call is watched for so long, and answered so much before its deadline. */
const LONGEST_WATCH_MS = 20_000;
const RESERVE_MS = 250;

const idempotencyKey = z.string().min(1).max(255).optional();

/** The use cases of the REST API, for callers of RPC. */
export const rpc = rpcEndpoint((router) =>
  router.service(MemberService, {
    register: (request, context) =>
      answerCall(logger, context, async () => {
        await admitChange();
        const body = validated(registration, given(request));
        await admitCaller(context.requestHeader.get(CALLER_HEADER) ?? '');
        await admitPhone(body.phone);
        const key = validated(idempotencyKey, text(request.idempotencyKey));
        const { member, replayed } = await members.register(body, key, trace(context));
        aboutAggregate(member.id, !replayed);
        if (!replayed) count({ Registrations: 1 });
        return { member: memberMessage(member) };
      }),

    getMember: ({ id }, context) =>
      answerCall(logger, context, async () => ({ member: memberMessage(await members.read(known(id, 'member'))) })),

    updateMember: (request, context) =>
      answerCall(logger, context, async () => {
        await admitChange();
        if (request.version === 0)
          throw new Problem('precondition-required', 'Say which version the change is based on.');
        const change = validated(profileChange, given(request));
        const id = known(request.id, 'member');
        return { member: memberMessage(await members.change(id, etag(request.version), change, trace(context))) };
      }),

    deactivateMember: ({ id, version }, context) =>
      answerCall(logger, context, async () => {
        await admitChange();
        await members.deactivate(known(id, 'member'), version === 0 ? undefined : etag(version), trace(context));
        return {};
      }),

    redeemPoints: (request, context) =>
      answerCall(logger, context, async () => {
        await admitChange();
        const { points, expiresIn } = request;
        const body = validated(redemption, { points, ...(expiresIn !== 0 && { expiresIn }) });
        const key = validated(idempotencyKey, text(request.idempotencyKey));
        const id = known(request.memberId, 'member');
        return { operation: operationMessage(await redemptions.redeem(id, body, key, trace(context))) };
      }),

    watchOperation: ({ id }, context) =>
      answerCall(logger, context, async () => {
        const left = (context.timeoutMs() ?? LONGEST_WATCH_MS) - RESERVE_MS;
        const seconds = Math.max(0, Math.min(LONGEST_WATCH_MS, left)) / 1000;
        return {
          operation: operationMessage(await redemptions.watch(known(id, 'operation'), seconds, context.signal)),
        };
      }),
  }),
);

/** A field that was not set reads as empty. */
const text = (value: string) => (value === '' ? undefined : value);

/** The profile in a request, without what was not set. */
const given = (request: { phone?: string; name: string; locale: string }) => {
  const { phone = '', name, locale } = request;
  return Object.fromEntries(Object.entries({ phone, name, locale }).filter(([, value]) => value !== ''));
};

function known(id: string, what: string): string {
  if (z.uuid().safeParse(id).success) return id;
  throw notFound(`${what} of that id`);
}

const trace = ({ requestHeader }: HandlerContext): Trace => ({
  ...traceOf(requestHeader.get('traceparent')),
  correlationId: newId(),
});

const instant = (iso: string) => timestampFromDate(new Date(iso));

const memberMessage = ({ id, phone, name, locale, version, registeredAt }: ActiveMember) =>
  create(MemberSchema, { id, phone, name, locale, version, registeredAt: instant(registeredAt) });

function operationMessage(operation: Operation) {
  const { id, memberId, points, createdAt, deadline, outcome } = operation;
  const problem = operationProblem(operation);
  return create(OperationSchema, {
    id,
    memberId,
    state: outcome.state,
    points,
    createdAt: instant(createdAt),
    deadline: instant(deadline),
    ...(outcome.state === 'succeeded' && { balance: outcome.balance }),
    ...(problem && { problem: { type: problem.type, detail: problem.detail ?? '' } }),
  });
}
