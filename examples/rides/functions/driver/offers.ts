import type { Handlers } from '@rollcall/kit/messaging';
import type { RemoteService } from '@rollcall/kit/resilience';
import type { Push } from '../../shared/push.ts';
import type { offerConsumer } from './offers.consumer.ts';

/** Notifies drivers of offers, of trips they got, and of offers that ended. */
export function offerHandlers(push: RemoteService<Push, void>): Handlers<(typeof offerConsumer.reads)[number]> {
  const show = async (messageId: string, pushes: Array<Omit<Push, 'key'>>) => {
    await Promise.all(pushes.map((one) => push({ key: `${messageId}/${one.to}`, ...one })));
    return undefined;
  };
  const withdrawn = (tripId: string, drivers: readonly string[]) =>
    drivers.map((to) => ({ to, tripId, kind: 'withdrawn' as const }));

  return {
    'rides.dispatch.offered.v1': ({ id, data: { tripId, from, to, drivers, withdrawn: others } }) => ({
      call: () =>
        show(id, [
          ...withdrawn(tripId, others),
          ...drivers.map(({ driverId, metres }) => ({
            ...{ to: driverId, tripId, kind: 'offer' as const, about: { from, to, metres } },
          })),
        ]),
    }),
    // The event is also published for a driver who accepted but has another trip. This driver's offer ends, too.
    'rides.dispatch.declined.v1': ({ id, data: { tripId, driverId } }) => ({
      call: () => show(id, withdrawn(tripId, [driverId])),
    }),
    'rides.dispatch.assigned.v1': ({ id, data: { tripId, driverId, withdrawn: others } }) => ({
      call: () => show(id, [{ to: driverId, tripId, kind: 'assigned' }, ...withdrawn(tripId, others)]),
    }),
    'rides.dispatch.unserved.v1': ({ id, data: { tripId, withdrawn: others } }) => ({
      call: () => show(id, withdrawn(tripId, others)),
    }),
  };
}
