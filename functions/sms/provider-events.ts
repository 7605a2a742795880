import { decodeReference, type TextReference } from './receipt-reference.ts';

/** An event after a provider accepted an SMS, or an inbound SMS. */
export type ProviderEvent =
  | { kind: 'delivered'; about: TextReference }
  | { kind: 'undelivered'; about: TextReference; reason: string }
  | { kind: 'opt-out' | 'opt-in'; phone: string; at: Date }
  /** Events without consequences: intermediate states, SMS without a requested receipt, other inbound texts. */
  | { kind: 'other' };

export const OTHER: ProviderEvent = { kind: 'other' };

const PHONE = /^\+[1-9]\d{6,14}$/;
/** A code, such as `30003` or `TEXT_BLOCKED`: free text may contain the phone. */
const REASON = /^[\w.-]{1,40}$/;

/** @param reference as returned by the provider; `reason`: for an undelivered SMS */
export function receipt(reference: unknown, kind: 'delivered' | 'undelivered', reason?: unknown): ProviderEvent {
  const about = decodeReference(reference);
  if (!about) return OTHER;
  if (kind === 'delivered') return { kind, about };
  return { kind, about, reason: REASON.test(String(reason ?? '')) ? String(reason) : 'unknown' };
}

/**
 * Opt-out keywords: those of the FCC (47 CFR 64.1200(a)(10)), of Twilio
 * (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out) and of AWS
 * (https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords-required.html), of which TD is for Chinese and ARRET
 * for French. None of them defines a keyword for Spanish.
 */
const STOP = new Set([
  ...['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT', 'REMOVE', 'ARRET', 'TD'],
]);
/** Twilio also accepts YES. It is left out here, because people answer so to any question. */
const START = new Set(['START', 'UNSTOP']);

/** An inbound SMS: a keyword must be the whole text; case, width, accents and punctuation are ignored. */
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
