import { type Decision, draft, draftTo } from '@rollcall/kit/messaging';
import type { Trip } from '../../shared/place.ts';
import { notificationRequests, refused, requested, tellRefused, type tripEvents } from '../../shared/trip-channels.ts';

/** A stored trip as it was created. Its outcomes are in another item. */
export interface BegunTrip extends Trip {
  version: number;
  state: 'requested' | 'refused';
}

export type TripDecision = Decision<BegunTrip, (typeof tripEvents.messages)[number]>;

/** Publishes the trip; or notifies the passenger that they may not ride. */
export function begin({ tripId, passengerId, from, to }: Trip, mayRide: boolean): TripDecision {
  const trip = { tripId, passengerId, from, to };
  if (mayRide) return { state: { ...trip, state: 'requested' }, events: [draft(requested, trip)] };
  return {
    state: { ...trip, state: 'refused' },
    events: [draft(refused, { tripId, passengerId })],
    send: [draftTo(notificationRequests, tellRefused, { tripId, passengerId })],
  };
}
