import * as z from 'zod';
import type { ReleaseReport } from './parking.ts';

/**
 * Identifies a parked message. A discard requires `messageId` if several messages of the aggregate have the version.
 */
const parked = z.strictObject({
  aggregateId: z.string().min(1),
  version: z.int().min(0),
  messageId: z.string().min(1).exactOptional(),
});

/** `release`: also applies held messages. */
const redriveRequest = z.strictObject({
  redrive: z.array(z.string().min(1)),
  release: z.boolean().exactOptional(),
});
const dataRequest = z.strictObject({ data: parked });
const discardRequest = z.strictObject({ discard: parked, because: z.string().min(1) });

/**
 * An operator's request to the sweep: redrive aggregates, discard one message, or show the data of one large message.
 */
export type ParkingRequest =
  | z.output<typeof redriveRequest>
  | z.output<typeof discardRequest>
  | z.output<typeof dataRequest>;

/** The response to a {@link ParkingRequest}. */
export type ParkingAnswer =
  | { reports: ReleaseReport[] }
  | { discarded: z.output<typeof parked> }
  /** Data of a large message, in Base64. */
  | { data: string }
  | { refused: string };

/**
 * Returns the operator's request; undefined if the timer invoked the sweep.
 * @throws {Error} if the event is an invalid request
 */
export function parkingRequestOf(event: object): ParkingRequest | undefined {
  const schema = schemaOf(event);
  if (!schema) return undefined;
  const { success, data, error } = schema.safeParse(event);
  if (success) return data;
  throw new Error(`invalid request to the sweep: ${z.prettifyError(error)}`);
}

function schemaOf(event: object): z.ZodType<ParkingRequest> | undefined {
  if ('redrive' in event) return redriveRequest;
  if ('discard' in event) return discardRequest;
  return 'data' in event ? dataRequest : undefined;
}
