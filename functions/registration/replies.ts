import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { registrationReplies } from '../../shared/contracts/channels.ts';
import type { Handlers } from '../../shared/messaging/applier.ts';
import { PermanentError } from '../../shared/messaging/errors.ts';
import { confirmationWrite, readErasure, serviceOf } from './erasure.ts';
import type { Occasion } from './member.ts';
import { stepWrite } from './onboarding.ts';
import { operationOf, returning, settle } from './operation.ts';
import type { OperationsStore } from './operations-store.ts';

export const contracts = registrationReplies.messages;

export interface RepliesOptions {
  client: DynamoDBDocumentClient;
  store: OperationsStore;
  membersTable: string;
  now: () => Date;
  newId: () => string;
}

/** What the registration service does about the answers to its events and commands. */
export function replyHandlers({
  client,
  store,
  membersTable,
  now,
  newId,
}: RepliesOptions): Handlers<(typeof contracts)[number]> {
  /** The operation is missing if it was erased with its member. */
  async function operationFor(message: { id: string; subject: string; correlationid?: string | undefined }) {
    const [operation, hasLeft] = await Promise.all([store.find(operationOf(message)), store.hasLeft(message.subject)]);
    if (operation || hasLeft) return { operation, hasLeft };
    throw new PermanentError(`message ${message.id} answers operation ${message.correlationid}, which there is not`);
  }

  return {
    'rollcall.onboarding.step-completed.v1': ({ source, data: { memberId, ...step } }) => ({
      writes: [stepWrite(membersTable, memberId, { source, ...step })],
    }),

    async 'rollcall.points.redemption-settled.v1'(message) {
      const { operation, hasLeft } = await operationFor(message);
      if (!operation) return {};
      // Begun so shortly before its member left that the index did not know it yet.
      if (hasLeft) return { writes: [store.deleteWrite(operation)] };
      const settled = settle(operation, message.data, now());
      if (!settled) return {};
      const change = store.changeWrite(operation, settled.outcome);
      if (!settled.returns) return { writes: [change] };
      const { traceparent } = message;
      const occasion: Occasion = { now: now(), newId, ...(traceparent !== undefined && { traceparent }) };
      const row = returning(operation, (await store.sentTo(operation.memberId)) + 1, occasion);
      return { writes: [change, ...store.commandWrites(operation.memberId, row)] };
    },

    async 'rollcall.points.returned.v1'(message) {
      const { operation } = await operationFor(message);
      if (!operation) return {};
      const { outcome } = operation;
      if (outcome.state !== 'expired') {
        throw new PermanentError(`message ${message.id}: operation ${operation.id} is ${outcome.state}, not expired`);
      }
      return { writes: [store.changeWrite(operation, { ...outcome, returnedAt: message.data.returnedAt })] };
    },

    async 'rollcall.member.data-erased.v1'({ source, data: { memberId, ...confirmation } }) {
      const service = serviceOf(source);
      const erasure = await readErasure(client, membersTable, memberId);
      if (!erasure?.services.includes(service)) return {};
      await store.eraseOf(memberId);
      return { writes: [confirmationWrite(membersTable, memberId, service, confirmation)] };
    },
  };
}
