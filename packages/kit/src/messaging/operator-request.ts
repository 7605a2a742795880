import * as z from 'zod';
import type { ReleaseReport } from './parking.ts';

/** `messageId`: of which message, where several claim the version. */
const parked = z.strictObject({
  aggregateId: z.string().min(1),
  version: z.int().min(0),
  messageId: z.string().min(1).exactOptional(),
});

/** `release`: also what is held. */
const redriveRequest = z.strictObject({
  redrive: z.array(z.string().min(1)),
  release: z.boolean().exactOptional(),
});
const discardRequest = z.strictObject({ discard: parked, because: z.string().min(1) });

/** What a person may ask the sweep for, about the messages of these aggregates (or of this one) and no others. */
export type ParkingRequest = z.output<typeof redriveRequest> | z.output<typeof discardRequest>;

/** The answer to a {@link ParkingRequest}. */
export type ParkingAnswer = { reports: ReleaseReport[] } | { discarded: z.output<typeof parked> } | { refused: string };

/**
 * What invoked the sweep: a person's request, or the timer (undefined).
 * @throws {Error} if it is meant as a request, and is none
 */
export function parkingRequestOf(event: object): ParkingRequest | undefined {
  if (!('redrive' in event || 'discard' in event)) return undefined;
  const { success, data, error } = ('redrive' in event ? redriveRequest : discardRequest).safeParse(event);
  if (success) return data;
  throw new Error(`no request that the sweep knows: ${z.prettifyError(error)}`);
}
