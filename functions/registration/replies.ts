import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { serviceOf } from '@rollcall/kit/contracts';
import { type Handlers, PermanentError } from '@rollcall/kit/messaging';
import type { registrationReplies } from '../../shared/contracts/channels.ts';
import { confirmationOnce, readErasure } from './erasure.ts';
import { stepOnce } from './onboarding.ts';

export interface RepliesOptions {
  client: DynamoDBDocumentClient;
  /** Deletes the operations of a member. */
  eraseOperationsOf: (memberId: string) => Promise<void>;
  membersTable: string;
}

/** Returns the handlers of replies to the registration service's events. Repeated replies have no effect. */
export function replyHandlers({
  client,
  eraseOperationsOf,
  membersTable,
}: RepliesOptions): Handlers<(typeof registrationReplies.messages)[number]> {
  return {
    'rollcall.onboarding.step-completed.v1': ({ source, data: { memberId, ...step } }) => ({
      setOnce: stepOnce(membersTable, memberId, { source, ...step }),
    }),

    async 'rollcall.member.data-erased.v1'({ id, source, data: { memberId, ...confirmation } }) {
      const service = serviceOf(source);
      const erasure = await readErasure(client, membersTable, memberId);
      if (!erasure) throw new PermanentError(`message ${id} confirms an erasure that was not requested`);
      // The erasure does not wait for services that subscribed after it was requested.
      if (!service || !erasure.services.includes(service)) return {};
      await eraseOperationsOf(memberId);
      return { setOnce: confirmationOnce(membersTable, memberId, service, confirmation) };
    },
  };
}
