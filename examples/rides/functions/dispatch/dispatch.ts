import { type Decision, draft, draftTo } from '@rollcall/kit/messaging';
import {
  assigned,
  completed,
  declined,
  dispatchAnswers,
  type dispatchEvents,
  expire as expireOffers,
  offered,
  unserved,
} from '../../shared/dispatch-channels.ts';
import type { Trip } from '../../shared/place.ts';
import { tripOutcome, tripOutcomes } from '../../shared/trip-channels.ts';
import type { Near } from './drivers.ts';

interface Common extends Trip {
  version: number;
  /** All drivers who have got an offer in any round. */
  asked: string[];
}

interface Offered extends Common {
  state: 'offered';
  round: number;
  /** Drivers who can accept now. */
  open: string[];
}

interface Assigned extends Common {
  state: 'assigned' | 'completed';
  driverId: string;
}

interface Unserved extends Common {
  state: 'unserved';
}

/** The dispatch of a trip, as stored. */
export type Dispatch = Offered | Assigned | Unserved;

export type DispatchDecision = Decision<Dispatch, (typeof dispatchEvents.messages)[number]>;

/** The drivers of the next round, and the time until which they may accept. Undefined if no drivers are left. */
export type Next = { round: number; drivers: readonly [Near, ...Near[]]; until: Date } | undefined;

const tripOf = ({ tripId, passengerId, from, to }: Trip): Trip => ({ tripId, passengerId, from, to });

/**
 * Offers a trip to the next drivers. Ends the trip if no drivers are left.
 * @param withdrawn drivers whose offers end
 */
function offer(trip: Trip, asked: string[], withdrawn: string[], next: Next): DispatchDecision {
  const { tripId, passengerId } = trip;
  if (!next)
    return {
      state: { ...tripOf(trip), asked, state: 'unserved' },
      events: [draft(unserved, { tripId, passengerId, withdrawn })],
      send: [draftTo(tripOutcomes, tripOutcome, { tripId, outcome: 'unserved' })],
    };
  const { round, drivers, until } = next;
  const open = drivers.map(({ driverId }) => driverId);
  return {
    state: { ...tripOf(trip), asked: [...asked, ...open], state: 'offered', round, open },
    events: [draft(offered, { ...tripOf(trip), round, drivers: [...drivers], withdrawn })],
    send: [draftTo(dispatchAnswers, expireOffers, { tripId, round }, { at: until, name: 'offers' })],
  };
}

export const begin = (trip: Trip, next: Next): DispatchDecision => offer(trip, [], [], next);

/** Assigns the trip to the first driver who accepts. Later answers have no effect. */
export function accept(before: Dispatch, driverId: string): DispatchDecision | undefined {
  if (before.state !== 'offered' || !before.open.includes(driverId)) return undefined;
  const { tripId, passengerId, asked } = before;
  const withdrawn = before.open.filter((other) => other !== driverId);
  return {
    state: { ...tripOf(before), asked, state: 'assigned', driverId },
    events: [draft(assigned, { tripId, passengerId, driverId, withdrawn })],
    send: [draftTo(tripOutcomes, tripOutcome, { tripId, outcome: 'assigned', driverId })],
  };
}

/** Whether the driver has the only open offer. */
export const hasLastOffer = (before: Dispatch, driverId: string): boolean =>
  before.state === 'offered' && before.open.length === 1 && before.open[0] === driverId;

/** @param next the next round, if this driver has the only open offer */
export function decline(before: Dispatch, driverId: string, next: Next): DispatchDecision | undefined {
  if (before.state !== 'offered' || !before.open.includes(driverId)) return undefined;
  const event = draft(declined, { tripId: before.tripId, driverId });
  if (!hasLastOffer(before, driverId)) {
    const { version: _, ...state } = before;
    return { state: { ...state, open: before.open.filter((other) => other !== driverId) }, events: [event] };
  }
  const offers = offer(before, before.asked, [], next);
  return { ...offers, events: [event, ...offers.events] };
}

/**
 * Ends the offers of a round if no driver accepted. Then offers the trip to drivers farther away, or ends the trip if
 * no drivers are left.
 */
export const expire = (before: Dispatch, round: number, next: Next): DispatchDecision | undefined =>
  before.state === 'offered' && before.round === round ? offer(before, before.asked, before.open, next) : undefined;

export function complete(before: Dispatch, driverId: string): DispatchDecision | undefined {
  if (before.state !== 'assigned' || before.driverId !== driverId) return undefined;
  const { tripId, passengerId, asked } = before;
  return {
    state: { ...tripOf(before), asked, state: 'completed', driverId },
    events: [draft(completed, { tripId, passengerId, driverId })],
    send: [draftTo(tripOutcomes, tripOutcome, { tripId, outcome: 'completed' })],
  };
}
