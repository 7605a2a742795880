import { type Decision, draft, draftTo } from '@rollcall/kit/messaging';
import type { Trip } from '../../shared/place.ts';
import {
  notificationRequests,
  notifyRefused,
  refused,
  requested,
  type tripEvents,
} from '../../shared/trip-channels.ts';

/** A trip as it was created. The outcomes of the trip are in another item. */
export interface CreatedTrip extends Trip {
  version: number;
  state: 'requested' | 'refused';
}

export type TripDecision = Decision<CreatedTrip, (typeof tripEvents.messages)[number]>;

/** Decides a trip request: publishes the request, or publishes a refusal and notifies the passenger. */
export function begin({ tripId, passengerId, from, to }: Trip, mayRide: boolean): TripDecision {
  const trip = { tripId, passengerId, from, to };
  if (mayRide) return { state: { ...trip, state: 'requested' }, events: [draft(requested, trip)] };
  return {
    state: { ...trip, state: 'refused' },
    events: [draft(refused, { tripId, passengerId })],
    send: [draftTo(notificationRequests, notifyRefused, { tripId, passengerId })],
  };
}
