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

/** The dispatch of a trip, as stored. */
export type Dispatch = Trip & { version: number /** All drivers who were ever asked. */; asked: string[] } & (
    | {
        state: 'offered';
        round: number;
        /** Drivers who may still accept. */
        open: string[];
      }
    | { state: 'assigned' | 'completed'; driverId: string }
    | { state: 'unserved' }
  );

export type DispatchDecision = Decision<Dispatch, (typeof dispatchEvents.messages)[number]>;

/** The drivers to ask next, and until when they may accept; undefined: no drivers are left. */
export type Next = { round: number; drivers: readonly [Near, ...Near[]]; until: Date } | undefined;

const tripOf = ({ tripId, passengerId, from, to }: Trip): Trip => ({ tripId, passengerId, from, to });

/** Asks the next drivers, or gives up. @param withdrawn drivers whose offers end */
function ask(trip: Trip, asked: string[], withdrawn: string[], next: Next): DispatchDecision {
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

export const begin = (trip: Trip, next: Next): DispatchDecision => ask(trip, [], [], next);

/** The first driver wins; later ones find the trip assigned. */
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

/** Whether no other driver could still accept. */
export const isLast = (before: Dispatch, driverId: string): boolean =>
  before.state === 'offered' && before.open.length === 1 && before.open[0] === driverId;

/** @param next the next round, if the last driver declines */
export function decline(before: Dispatch, driverId: string, next: Next): DispatchDecision | undefined {
  if (before.state !== 'offered' || !before.open.includes(driverId)) return undefined;
  const event = draft(declined, { tripId: before.tripId, driverId });
  if (!isLast(before, driverId)) {
    const { version: _, ...state } = before;
    return { state: { ...state, open: before.open.filter((other) => other !== driverId) }, events: [event] };
  }
  const asked = ask(before, before.asked, [], next);
  return { ...asked, events: [event, ...asked.events] };
}

/** No driver accepted in time: asks drivers farther away. No-op if the round is already over. */
export const expire = (before: Dispatch, round: number, next: Next): DispatchDecision | undefined =>
  before.state === 'offered' && before.round === round ? ask(before, before.asked, before.open, next) : undefined;

export function complete(before: Dispatch, driverId: string): DispatchDecision | undefined {
  if (before.state !== 'assigned' || before.driverId !== driverId) return undefined;
  const { tripId, passengerId, asked } = before;
  return {
    state: { ...tripOf(before), asked, state: 'completed', driverId },
    events: [draft(completed, { tripId, passengerId, driverId })],
    send: [draftTo(tripOutcomes, tripOutcome, { tripId, outcome: 'completed' })],
  };
}
