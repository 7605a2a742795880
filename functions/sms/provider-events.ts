import { decodeReference, type TextReference } from './receipt-reference.ts';

/** An event from a provider. It is about an SMS that the provider accepted, or about an inbound SMS. */
export type ProviderEvent =
  | { kind: 'delivered'; about: TextReference }
  | { kind: 'undelivered'; about: TextReference; reason: string }
  | { kind: 'opt-out' | 'opt-in'; phone: string; at: Date }
  /** Events without consequences: intermediate states, SMS without a requested receipt, other inbound SMS. */
  | { kind: 'other' };

export const OTHER: ProviderEvent = { kind: 'other' };

const PHONE = /^\+[1-9]\d{6,14}$/;
/** Matches a code, such as `30003` or `TEXT_BLOCKED`. Free text is not passed on, because it may contain the phone. */
const REASON = /^[\w.-]{1,40}$/;

/**
 * @param reference the reference that the provider returned
 * @param reason why the SMS was not delivered
 */
export function receipt(reference: unknown, kind: 'delivered' | 'undelivered', reason?: unknown): ProviderEvent {
  const about = decodeReference(reference);
  if (!about) return OTHER;
  if (kind === 'delivered') return { kind, about };
  return { kind, about, reason: REASON.test(String(reason ?? '')) ? String(reason) : 'unknown' };
}

/**
 * The opt-out keywords that the FCC (47 CFR 64.1200(a)(10)), Twilio
 * (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out) and AWS
 * (https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords-required.html) define. TD is for Chinese and ARRET
 * for French. None of these sources defines a keyword for Spanish.
 */
const STOP = new Set([
  ...['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT', 'REMOVE', 'ARRET', 'TD'],
]);
/** The opt-in keywords. Twilio also accepts YES, which is left out here, because people answer any question with it. */
const START = new Set(['START', 'UNSTOP']);

/** Reads an inbound SMS. A keyword must be the whole text. Case, width, accents, spaces and punctuation are ignored. */
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
