import { command, document, event, queue, topic } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { tripDetails } from './place.ts';

const { tripId, passengerId } = tripDetails;
const about = { subjectField: 'tripId' } as const;

/** A one-way message: the sender expects no reply. */
export const requestTrip = command('rides.trip.request.v1', z.object(tripDetails), about);
export const tripRequests = /* @__PURE__ */ queue('trip-requests', {
  from: '/rides/passenger',
  messages: [requestTrip],
  ordered: false,
});

export const requested = event('rides.trip.requested.v1', z.object(tripDetails), about);
/** The passenger may not ride. */
export const refused = event('rides.trip.refused.v1', z.object({ tripId, passengerId }), about);
export const tripEvents = /* @__PURE__ */ topic('trip-events', {
  from: '/rides/trip',
  messages: [requested, refused],
});

/** The outcome of a trip. The API returns the outcome as the trip's state. */
export const tripOutcome = document(
  'rides.trip.outcome.v1',
  z.object({ tripId, outcome: z.enum(['assigned', 'unserved', 'completed']), driverId: z.uuid().optional() }),
  about,
);
export const tripOutcomes = /* @__PURE__ */ queue('trip-outcomes', {
  from: '/rides/dispatch',
  messages: [tripOutcome],
  ordered: false,
});

export const notifyRefused = command('rides.notification.refused.v1', z.object({ tripId, passengerId }), about);
export const notificationRequests = /* @__PURE__ */ queue('notification-requests', {
  from: '/rides/trip',
  messages: [notifyRefused],
  ordered: false,
});
