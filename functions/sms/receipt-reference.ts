import { isTraceparent } from '@rollcall/kit/observability';
import { validate as isUuid } from 'uuid';

/** The SMS that a receipt is about. */
export interface TextReference {
  memberId: string;
  /** Id of the message that requested the SMS. */
  messageId: string;
  /** Trace context of the SMS. */
  traceparent?: string | undefined;
}

/**
 * A reference that travels with the SMS and returns with its receipt, so that nothing has to be stored. At most 129
 * characters, none of which needs URL encoding. Providers limit it: Alibaba Cloud's TaskId to 255.
 */
export const encodeReference = ({ memberId, messageId, traceparent }: TextReference): string =>
  [memberId, messageId, traceparent].filter(Boolean).join('.');

/** @returns undefined for a foreign reference: SMS by command request no receipt, but some providers send one anyway */
export function decodeReference(text: unknown): TextReference | undefined {
  const [memberId = '', messageId = '', traceparent = ''] = String(text).split('.');
  if (!isUuid(memberId) || !isUuid(messageId)) return undefined;
  return { memberId, messageId, ...(isTraceparent(traceparent) && { traceparent }) };
}
