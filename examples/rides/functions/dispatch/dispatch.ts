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

/** A trip that looks for its driver, as its table keeps it. */
export type Dispatch = Trip & { version: number /** All who were ever asked. */; asked: string[] } & (
    | {
        state: 'offered';
        round: number;
        /** Those who may still accept. */
        open: string[];
      }
    | { state: 'assigned' | 'completed'; driverId: string }
    | { state: 'unserved' }
  );

export type DispatchDecision = Decision<Dispatch, (typeof dispatchEvents.messages)[number]>;

/** Whom to ask next, and until when they may accept; undefined: nobody is left. */
export type Next = { round: number; drivers: readonly [Near, ...Near[]]; until: Date } | undefined;

const tripOf = ({ tripId, passengerId, from, to }: Trip): Trip => ({ tripId, passengerId, from, to });

/** Asks the next drivers, or gives up. @param withdrawn whose offers end */
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

/** The first wins: whoever comes later finds the trip assigned. */
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

/** Whether a driver is the last who could have accepted. */
export const isLast = (before: Dispatch, driverId: string): boolean =>
  before.state === 'offered' && before.open.length === 1 && before.open[0] === driverId;

/** @param next of the last who declines */
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

/** Nobody accepted in time: asks others, farther away. Of a round that is over already, nothing is left to do. */
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
