import * as z from 'zod';

export const smsProviderNames = ['http', 'aws', 'twilio', 'alibaba'] as const;

export type SmsProviderName = (typeof smsProviderNames)[number];

const isCountry = (code: string) =>
  new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(code) !== undefined;

const country = z
  .string()
  .regex(/^[A-Z]{2}$/, { error: 'must be a country code of two capitals (ISO 3166-1)', abort: true })
  .refine(isCountry, { error: 'is not the code of a country' });

/** How SMS are sent, per stage. */
export const smsSettings = z.strictObject({
  /** The provider, and optionally a second one that takes over if it fails. Their addresses are parameters of the stack. */
  providers: z.array(z.enum(smsProviderNames)).min(1).max(2),
  /** Timeout for one SMS; `ops -- circuit list` shows the 99.9th percentile of actual durations. */
  timeoutMs: z.int().min(100).max(5_000),
  /**
   * Maximum number of SMS that one function instance sends to a provider at the same time. At least ten, because its
   * queue delivers batches of ten.
   */
  atOnce: z.int().min(10),
  /** Rate agreed with a provider in SMS a minute, over all instances; null for no limit. */
  perMinute: z.int().min(1).nullable(),
  /** Allowed destination countries (ISO 3166-1), or `all`. */
  countries: z.union([z.literal('all'), z.array(country).min(1)]),
  /**
   * This and the next two are the maximum numbers of SMS that may be requested in an hour, a minute and a day (UTC). The
   * time of sending does not matter.
   */
  perPhoneAndHour: z.int().min(1),
  perCountryAndMinute: z.int().min(1),
  /** An alarm is raised when four fifths of this number are used. */
  perDay: z.int().min(1),
  /** Whether the welcome requests a delivery receipt, which onboarding then shows. */
  receipts: z.boolean(),
  /** The mode of the capability `sms` while a circuit is open; null leaves the mode unchanged. */
  modeWhenCircuitOpens: z.literal('short-text').nullable(),
});

export type SmsSettings = z.output<typeof smsSettings>;
