import { isTraceparent } from '@rollcall/kit/observability';
import { validate as isUuid } from 'uuid';

/** The SMS that a receipt is about. */
export interface TextReference {
  memberId: string;
  /** ID of the message that requested the SMS. */
  messageId: string;
  /** Trace context of the SMS. */
  traceparent?: string | undefined;
}

/**
 * Encodes a reference that is sent with the SMS and returned in its receipt, so that nothing has to be stored. The
 * reference has at most 129 characters, none of which needs URL encoding. Providers limit the length of a reference:
 * for example, Alibaba Cloud's TaskId may have 255 characters.
 */
export const encodeReference = ({ memberId, messageId, traceparent }: TextReference): string =>
  [memberId, messageId, traceparent].filter(Boolean).join('.');

/**
 * @returns undefined for a reference in another format. SMS that a command requests have no reference, but some
 * providers send receipts for these SMS, with another value in place of the reference.
 */
export function decodeReference(text: unknown): TextReference | undefined {
  const [memberId = '', messageId = '', traceparent = ''] = String(text).split('.');
  if (!isUuid(memberId) || !isUuid(messageId)) return undefined;
  return { memberId, messageId, ...(isTraceparent(traceparent) && { traceparent }) };
}
