import type { RemoteService } from '@rollcall/kit/resilience';
import type { Push } from '../../shared/push.ts';

interface AboutPassenger {
  id: string;
  data: { tripId: string; passengerId: string };
}

/** Notifies a passenger of a message. */
export const tellPassenger =
  (push: RemoteService<Push, void>) =>
  ({ id, data: { tripId, passengerId } }: AboutPassenger, says: Push['says'], about: object = {}) => ({
    async call() {
      await push({ key: id, to: passengerId, tripId, says, about });
      return undefined;
    },
  });
