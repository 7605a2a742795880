import { command, event, queue, topic } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { tripDetails } from './place.ts';

const { tripId, passengerId } = tripDetails;
const driverId = z.uuid();
const about = { subjectField: 'tripId' } as const;
/** The drivers whose offers end with the event. */
const withdrawn = z.array(driverId);

/** `metres` is the great-circle distance from the driver to the passenger. */
const drivers = z.array(z.object({ driverId, metres: z.int() })).min(1);
/** `round` is the number of earlier rounds, which searched a smaller area. */
export const offered = event(
  'rides.dispatch.offered.v1',
  z.object({ ...tripDetails, round: z.int().min(0), drivers, withdrawn }),
  about,
);
/** The driver declined, or accepted but has another trip. */
export const declined = event('rides.dispatch.declined.v1', z.object({ tripId, driverId }), about);
export const assigned = event(
  'rides.dispatch.assigned.v1',
  z.object({ tripId, passengerId, driverId, withdrawn }),
  about,
);
/** No driver accepted. */
export const unserved = event('rides.dispatch.unserved.v1', z.object({ tripId, passengerId, withdrawn }), about);
export const completed = event('rides.dispatch.completed.v1', z.object({ tripId, passengerId, driverId }), about);
export const dispatchEvents = /* @__PURE__ */ topic('dispatch-events', {
  from: '/rides/dispatch',
  messages: [offered, declined, assigned, unserved, completed],
});

const answer = z.object({ tripId, driverId });
export const accept = command('rides.offer.accept.v1', answer, about);
export const decline = command('rides.offer.decline.v1', answer, about);
export const complete = command('rides.trip.complete.v1', answer, about);
/** Ends the offers of a round. Dispatch schedules this command for itself. */
export const expire = command('rides.offer.expire.v1', z.object({ tripId, round: z.int().min(0) }), about);
export const dispatchAnswers = /* @__PURE__ */ queue('dispatch-answers', {
  from: ['/rides/driver', '/rides/dispatch'],
  sendersOf: {
    ...{ [accept.type]: ['/rides/driver'], [decline.type]: ['/rides/driver'], [complete.type]: ['/rides/driver'] },
    [expire.type]: ['/rides/dispatch'],
  },
  messages: [accept, decline, complete, expire],
  ordered: false,
});
