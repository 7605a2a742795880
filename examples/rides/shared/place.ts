import * as z from 'zod';

/** Degrees, WGS 84. */
export const place = z.strictObject({ lat: z.number().min(-90).max(90), lng: z.number().min(-180).max(180) });
export type Place = z.output<typeof place>;

export const tripDetails = { tripId: z.uuid(), passengerId: z.uuid(), from: place, to: place };
const trip = z.object(tripDetails);
export type Trip = z.output<typeof trip>;
