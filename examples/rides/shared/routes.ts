import type { Route } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { place, tripDetails } from './place.ts';

export const passengerRoutes = {
  register: { method: 'PUT', path: '/passengers/{id}', access: 'write' },
  /** The trip service calls this route with a signature. */
  permission: { method: 'GET', path: '/passengers/{id}/permission', access: 'services' },
  /** The caller chooses the ID, which makes the request idempotent. */
  ask: { method: 'PUT', path: '/trips/{id}', access: 'write' },
} as const satisfies Record<string, Route>;

export const tripRoutes = {
  read: { method: 'GET', path: '/trips/{id}', access: 'read' },
} as const satisfies Record<string, Route>;

export const driverRoutes = {
  answer: { method: 'POST', path: '/drivers/{id}/answers', access: 'write' },
} as const satisfies Record<string, Route>;

export const dispatchRoutes = {
  position: { method: 'PUT', path: '/drivers/{id}/position', access: 'write' },
} as const satisfies Record<string, Route>;

const { passengerId, from, to, tripId } = tripDetails;

export const newPassenger = z.strictObject({ name: z.string().min(1).max(100), blocked: z.boolean().default(false) });
export const permission = z.object({ mayRide: z.boolean() });
export const tripRequest = z.strictObject({ passengerId, from, to });
export const driverAnswer = z.strictObject({ tripId, answer: z.enum(['accept', 'decline', 'complete']) });
export const position = place;
