import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { serviceOf } from '../../shared/contracts/channel.ts';
import { registrationReplies } from '../../shared/contracts/channels.ts';
import type { Handlers } from '../../shared/messaging/applier.ts';
import { PermanentError } from '../../shared/messaging/errors.ts';
import type { Message } from '../../shared/messaging/message.ts';
import { confirmationWrite, readErasure } from './erasure.ts';
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

type Answer = Pick<Message, 'id' | 'subject' | 'correlationid'> & { data: { points: number } };

/** What the registration service does about the answers to its events and commands. */
export function replyHandlers({
  client,
  store,
  membersTable,
  now,
  newId,
}: RepliesOptions): Handlers<(typeof contracts)[number]> {
  /**
   * The operation that an answer is for, and whether its member has left; it is missing if it was erased with its member.
   * @throws {PermanentError} if there never was one, or the answer is about another member or other points
   */
  async function operationFor(message: Answer) {
    const { id, subject, correlationid, data } = message;
    const [operation, hasLeft] = await Promise.all([store.find(operationOf(message)), store.hasLeft(subject)]);
    if (!operation && !hasLeft)
      throw new PermanentError(`message ${id} answers operation ${correlationid}, which there is not`);
    if (operation && operation.memberId !== subject)
      throw new PermanentError(`message ${id} answers operation ${correlationid}, which is another member's`);
    if (operation && operation.points !== data.points)
      throw new PermanentError(`message ${id} answers operation ${correlationid}, which is about other points`);
    return { operation, hasLeft };
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

    async 'rollcall.member.data-erased.v1'({ id, source, data: { memberId, ...confirmation } }) {
      const service = serviceOf(source);
      const erasure = await readErasure(client, membersTable, memberId);
      if (!erasure) throw new PermanentError(`message ${id} confirms an erasure that nobody has asked for`);
      // One that was added later is not waited for.
      if (!service || !erasure.services.includes(service)) return {};
      await store.eraseOf(memberId);
      return { writes: [confirmationWrite(membersTable, memberId, service, confirmation)] };
    },
  };
}
