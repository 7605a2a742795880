import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import { decodeData } from '@rollcall/kit/internal/messaging/codecs';
import { UnreadableMessageError } from '@rollcall/kit/internal/messaging/errors';
import { readEnvelope } from '@rollcall/kit/internal/messaging/message';
import { parseJson } from '../json.ts';

/**
 * Parses a message for display.
 * @param contracts the contracts that decode binary `data`; the binary data of other messages stays encoded
 * @returns undefined if the body is neither a JSON object nor an array
 */
export function eventForDisplay(
  body: string,
  contracts: readonly MessageContract[] = [],
): Record<string, unknown> | undefined {
  const event = objectIn(body);
  if (!event || event.data_base64 === undefined) return event;
  try {
    const envelope = readEnvelope(body);
    const contract = contracts.find(({ type }) => type === envelope.type);
    if (!contract) return event;
    const { data_base64: _, ...header } = event;
    return { ...header, data: decodeData(contract, envelope) };
  } catch (error) {
    if (error instanceof UnreadableMessageError) return event;
    throw error;
  }
}

function objectIn(body: string): Record<string, unknown> | undefined {
  const value = parseJson(body);
  return value instanceof Object ? (value as Record<string, unknown>) : undefined;
}
