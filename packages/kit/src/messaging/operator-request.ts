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
const dataRequest = z.strictObject({ data: parked });
const discardRequest = z.strictObject({ discard: parked, because: z.string().min(1) });

/** What a person may ask the sweep for, about the messages of these aggregates (or of this one) and no others. */
export type ParkingRequest =
  | z.output<typeof redriveRequest>
  | z.output<typeof discardRequest>
  | z.output<typeof dataRequest>;

/** The answer to a {@link ParkingRequest}. */
export type ParkingAnswer =
  | { reports: ReleaseReport[] }
  | { discarded: z.output<typeof parked> }
  /** Of a large message, in Base64. */
  | { data: string }
  | { refused: string };

/**
 * What invoked the sweep: a person's request, or the timer (undefined).
 * @throws {Error} if it is meant as a request, and is none
 */
export function parkingRequestOf(event: object): ParkingRequest | undefined {
  const schema = schemaOf(event);
  if (!schema) return undefined;
  const { success, data, error } = schema.safeParse(event);
  if (success) return data;
  throw new Error(`no request that the sweep knows: ${z.prettifyError(error)}`);
}

function schemaOf(event: object): z.ZodType<ParkingRequest> | undefined {
  if ('redrive' in event) return redriveRequest;
  if ('discard' in event) return discardRequest;
  return 'data' in event ? dataRequest : undefined;
}
