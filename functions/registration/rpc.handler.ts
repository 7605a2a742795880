import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext } from '@connectrpc/connect';
import { idempotencyKey } from '@rollcall/kit/contracts';
import { causeOf, etag, idOf, Problem, validated } from '@rollcall/kit/http';
import { aboutAggregate, createObservability } from '@rollcall/kit/observability';
import {
  MemberSchema,
  MemberService,
  OperationSchema,
} from '../../shared/contracts/generated/rollcall/members/v1/member_service_pb.ts';
import { profileChange, registrationOf } from '../../shared/contracts/member.ts';
import { redemption } from '../../shared/contracts/operation.ts';
import { countryOf } from '../../shared/contracts/phone.ts';
import type { ActiveMember } from './member.ts';
import type { Operation } from './operation.ts';
import { createRedemptions } from './redemptions.ts';
import { operationProblem } from './resources.ts';
import { eventOf, rpcEndpoint, serveCall } from './rpc-endpoint.ts';
import { createServices } from './services.ts';

const { logger, count } = createObservability('registration');
const { dependencies, limits, members, admission } = createServices({ logger });
const redemptions = createRedemptions(dependencies);
const { admitCaller, admitChange } = admission;

/** The longest time for which an operation is watched. */
const MAX_WATCH_MS = 20_000;
/** The time that remains between the response and the deadline of the call. */
const RESERVE_MS = 250;

const withKey = { idempotencyKey: idempotencyKey.optional() };
const registerRequest = registrationOf(limits.phoneTypes).extend(withKey);
const redeemRequest = redemption.extend(withKey);

/** Serves use cases of the REST API as RPCs. */
export const rpc = rpcEndpoint((router) =>
  router.service(MemberService, {
    register: (request, context) =>
      serveCall(logger, context, async () => {
        await admitChange();
        const { idempotencyKey: key, ...body } = validated(registerRequest, setFieldsOf(request));
        await admitCaller(eventOf(context).requestContext.http.sourceIp);
        const { member, replayed } = await members.register(body, countryOf(body.phone), key, causeOfCall(context));
        aboutAggregate(member.id, !replayed);
        if (!replayed) count({ Registrations: 1 });
        return { member: memberMessage(member) };
      }),

    getMember: ({ id }, context) =>
      serveCall(logger, context, async () => ({ member: memberMessage(await members.read(idOf(id, 'member'))) })),

    updateMember: (request, context) =>
      serveCall(logger, context, async () => {
        await admitChange();
        if (request.version === 0)
          throw new Problem('precondition-required', 'Set the version that the change is based on.');
        const change = validated(profileChange, setFieldsOf(request));
        const conditions = { ifMatch: etag(request.version) };
        const member = await members.change(idOf(request.id, 'member'), conditions, change, causeOfCall(context));
        return { member: memberMessage(member) };
      }),

    deactivateMember: ({ id, version }, context) =>
      serveCall(logger, context, async () => {
        await admitChange();
        const conditions = version === 0 ? {} : { ifMatch: etag(version) };
        await members.deactivate(idOf(id, 'member'), conditions, causeOfCall(context));
        return {};
      }),

    redeemPoints: (request, context) =>
      serveCall(logger, context, async () => {
        await admitChange();
        const { idempotencyKey: key, ...body } = validated(redeemRequest, setFieldsOf(request));
        const operation = await redemptions.redeem(idOf(request.memberId, 'member'), body, key, causeOfCall(context));
        return { operation: operationMessage(operation) };
      }),

    watchOperation: ({ id }, context) =>
      serveCall(logger, context, async () => {
        const availableMs = (context.timeoutMs() ?? MAX_WATCH_MS) - RESERVE_MS;
        const seconds = Math.max(0, Math.min(MAX_WATCH_MS, availableMs)) / 1000;
        return {
          operation: operationMessage(await redemptions.watch(idOf(id, 'operation'), seconds, context.signal)),
        };
      }),
  }),
);

const causeOfCall = (context: HandlerContext) => causeOf(eventOf(context));

/** The fields of a request that the caller set: all fields that are neither empty nor 0. */
const setFieldsOf = (request: object) =>
  Object.fromEntries(Object.entries(request).filter(([, value]) => value !== '' && value !== 0));

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
