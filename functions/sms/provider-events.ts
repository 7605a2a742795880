import { decodeReference, type TextReference } from './receipt-reference.ts';

/** What a provider tells after it accepted a text, or of a text that a person sent back. */
export type ProviderEvent =
  | { kind: 'delivered'; about: TextReference }
  | { kind: 'undelivered'; about: TextReference; reason: string }
  | { kind: 'opt-out' | 'opt-in'; phone: string; at: Date }
  /** Nothing follows from it: a text between sent and delivered, one that nobody asked a receipt for, a person's question. */
  | { kind: 'other' };

export const OTHER: ProviderEvent = { kind: 'other' };

const PHONE = /^\+[1-9]\d{6,14}$/;
/** A code, such as `30003` or `TEXT_BLOCKED`: words of others may repeat the phone. */
const REASON = /^[\w.-]{1,40}$/;

/** @param reference as it came back; `reason`: of a text that was not delivered */
export function receipt(reference: unknown, kind: 'delivered' | 'undelivered', reason?: unknown): ProviderEvent {
  const about = decodeReference(reference);
  if (!about) return OTHER;
  if (kind === 'delivered') return { kind, about };
  return { kind, about, reason: REASON.test(String(reason ?? '')) ? String(reason) : 'unknown' };
}

/**
 * Words by which people opt out: those of the FCC (47 CFR 64.1200(a)(10)), of Twilio
 * (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out) and of AWS
 * (https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords-required.html), whose TD is Chinese and whose ARRET is
 * French. For Spanish, none of them names a word.
 */
const STOP = new Set([
  ...['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT', 'REMOVE', 'ARRET', 'TD'],
]);
/** Twilio takes YES for one, too. We do not: people answer so to any question. */
const START = new Set(['START', 'UNSTOP']);

/** A text that a person sent: the whole of it is the word, in any case, width and accents; punctuation does not count. */
export function inbound(phone: unknown, text: unknown, at: Date): ProviderEvent {
  const word = String(text ?? '')
    .normalize('NFKD')
    .replace(/[\s\p{P}\p{M}\p{Cf}]/gu, '')
    .toUpperCase();
  if (STOP.has(word)) return optOut('opt-out', phone, at);
  return START.has(word) ? optOut('opt-in', phone, at) : OTHER;
}

export const optOut = (kind: 'opt-out' | 'opt-in', phone: unknown, at: Date): ProviderEvent =>
  typeof phone === 'string' && PHONE.test(phone) ? { kind, phone, at } : OTHER;
