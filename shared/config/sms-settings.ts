import * as z from 'zod';

export const smsProviderNames = ['http', 'aws', 'twilio', 'alibaba'] as const;

export type SmsProviderName = (typeof smsProviderNames)[number];

const isCountry = (code: string) =>
  new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(code) !== undefined;

const country = z
  .string()
  .regex(/^[A-Z]{2}$/, { error: 'must be a country code of two capitals (ISO 3166-1)', abort: true })
  .refine(isCountry, { error: 'is the code of no country' });

/** How SMS are sent, per stage. */
export const smsSettings = z.strictObject({
  /** The provider, and the one that takes over when it fails. Their addresses are parameters of the stack. */
  providers: z.array(z.enum(smsProviderNames)).min(1).max(2),
  /** Timeout for one SMS; `ops -- circuit list` shows the 99.9th percentile of actual durations. */
  timeoutMs: z.int().min(100).max(5_000),
  /**
   * Maximum number of SMS that one function instance sends to a provider at the same time. A batch of its queue has
   * ten.
   */
  atOnce: z.int().min(10),
  /** Rate agreed with a provider in SMS a minute, over all instances; null: no limit. */
  perMinute: z.int().min(1).nullable(),
  /** Allowed destination countries (ISO 3166-1); or all. */
  countries: z.union([z.literal('all'), z.array(country).min(1)]),
  /** Maximum number of SMS requested in an hour, a minute or a day (UTC), whenever they are sent. */
  perPhoneAndHour: z.int().min(1),
  perCountryAndMinute: z.int().min(1),
  /** An alarm is raised at four fifths of it. */
  perDay: z.int().min(1),
  /** Whether the welcome requests a delivery receipt, which onboarding then shows. */
  receipts: z.boolean(),
  /** The mode of the capability `sms` while a circuit is open; null: unchanged. */
  modeWhenCircuitOpens: z.literal('short-text').nullable(),
});

export type SmsSettings = z.output<typeof smsSettings>;
