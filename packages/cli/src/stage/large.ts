import type { ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import { parseJson } from '../json.ts';
import type { StageClient } from './stage.ts';

/**
 * Adds the data to a large parked message. If the consumer's sweep cannot read the data, adds the reason instead.
 * A discarded message stays unchanged, because its data is not kept.
 */
export async function withData(
  stage: Pick<StageClient, 'sendParkingRequest'>,
  subscriber: string,
  parked: ParkedMessage,
): Promise<ParkedMessage & { dataMissing?: string }> {
  const event = parseJson(parked.body) as Record<string, unknown> | undefined;
  const isClaim = event?.dataref !== undefined && event.data === undefined && event.data_base64 === undefined;
  if (!isClaim || 'discardedAt' in parked) return parked;
  const { aggregateId, version, messageId } = parked;
  const answer = await stage.sendParkingRequest(subscriber, { data: { aggregateId, version, messageId } });
  if ('data' in answer) return { ...parked, body: JSON.stringify({ ...event, data_base64: answer.data }) };
  return 'refused' in answer ? { ...parked, dataMissing: answer.refused } : parked;
}
