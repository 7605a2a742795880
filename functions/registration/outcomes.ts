import { type Handlers, type Message, PermanentError } from '@rollcall/kit/messaging';
import type { registrationOutcomes } from '../../shared/contracts/channels.ts';
import { operationOf, returning, settle } from './operation.ts';
import type { OperationsStore } from './operations-store.ts';

export interface OutcomesOptions {
  store: OperationsStore;
  now: () => Date;
  newId: () => string;
}

type Answer = Pick<Message, 'id' | 'subject' | 'correlationid'> & { data: { points: number } };

/** What the registration service does about the answers to its commands. Each counts while its operation is what it was. */
export function outcomeHandlers({
  store,
  now,
  newId,
}: OutcomesOptions): Handlers<(typeof registrationOutcomes.messages)[number]> {
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
      const context = {
        now: now(),
        newId,
        correlationId: operation.id,
        ...(traceparent !== undefined && { traceparent }),
      };
      return { writes: [change, ...(await store.commandWrites([returning(operation)], context))] };
    },

    async 'rollcall.points.returned.v1'(message) {
      const { operation } = await operationFor(message);
      if (!operation) return {};
      const { outcome } = operation;
      if (outcome.state !== 'expired') {
        throw new PermanentError(`message ${message.id}: operation ${operation.id} is ${outcome.state}, not expired`);
      }
      if (outcome.returnedAt !== undefined) return {};
      return { writes: [store.changeWrite(operation, { ...outcome, returnedAt: message.data.returnedAt })] };
    },
  };
}
