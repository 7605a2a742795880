import type { RemoteService } from '@rollcall/kit/resilience';
import type { Push } from '../../shared/push.ts';

interface AboutPassenger {
  id: string;
  data: { tripId: string; passengerId: string };
}

/**
 * Returns a function that creates the effect of a message: a notification of the passenger. The ID of the message is
 * the idempotency key.
 */
export const notifyPassenger =
  (push: RemoteService<Push, void>) =>
  ({ id, data: { tripId, passengerId } }: AboutPassenger, kind: Push['kind'], about: object = {}) => ({
    async call() {
      await push({ key: id, to: passengerId, tripId, kind, about });
      return undefined;
    },
  });
