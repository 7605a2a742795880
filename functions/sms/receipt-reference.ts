import { isTraceparent } from '@rollcall/kit/observability';
import { validate as isUuid } from 'uuid';

/** The text that a receipt is about. */
export interface TextReference {
  memberId: string;
  /** Of the message that asked for the text. */
  messageId: string;
  /** Of the trace that the text belongs to. */
  traceparent?: string | undefined;
}

/**
 * A reference as it travels with the text and comes back with its receipt, so that nothing need be stored to know it
 * again. At most 129 characters, none of which is encoded in a URL. Providers limit it: Alibaba Cloud's TaskId to 255.
 */
export const encodeReference = ({ memberId, messageId, traceparent }: TextReference): string =>
  [memberId, messageId, traceparent].filter(Boolean).join('.');

/** @returns undefined for what is none of ours: texts by command ask for no receipt, and some providers send one anyway */
export function decodeReference(text: unknown): TextReference | undefined {
  const [memberId = '', messageId = '', traceparent = ''] = String(text).split('.');
  if (!isUuid(memberId) || !isUuid(messageId)) return undefined;
  return { memberId, messageId, ...(isTraceparent(traceparent) && { traceparent }) };
}
