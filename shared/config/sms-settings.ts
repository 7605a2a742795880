import * as z from 'zod';

export const smsProviderNames = ['http', 'aws', 'twilio', 'alibaba'] as const;

export type SmsProviderName = (typeof smsProviderNames)[number];

const isCountry = (code: string) =>
  new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(code) !== undefined;

const country = z
  .string()
  .regex(/^[A-Z]{2}$/, { error: 'must be a country code of two capitals (ISO 3166-1)', abort: true })
  .refine(isCountry, { error: 'is not the code of a country' });

/** The settings of a stage for sending SMS. */
export const smsSettings = z.strictObject({
  /**
   * The provider, and optionally a second provider that is called if the first one fails. The address of a provider is
   * a parameter of the stack, except for `aws`.
   */
  providers: z.array(z.enum(smsProviderNames)).min(1).max(2),
  /** Timeout for one SMS. `npm run ops -- circuit list` shows the 99.9th percentile of the actual durations. */
  timeoutMs: z.int().min(100).max(5_000),
  /**
   * Maximum number of SMS that one function instance sends to a provider at the same time. It must be at least ten,
   * because SQS delivers batches of ten messages to the instance.
   */
  atOnce: z.int().min(10),
  /** Rate that is agreed with a provider, in SMS per minute over all instances; null for no limit. */
  perMinute: z.int().min(1).nullable(),
  /** Allowed destination countries (ISO 3166-1), or `all`. */
  countries: z.union([z.literal('all'), z.array(country).min(1)]),
  /**
   * Maximum number of SMS to a phone in an hour (UTC). This limit, `perCountryAndMinute` and `perDay` count an SMS at
   * the time of its request, not at the time of sending.
   */
  perPhoneAndHour: z.int().min(1),
  /** Maximum number of SMS to a country in a minute. */
  perCountryAndMinute: z.int().min(1),
  /** Maximum number of SMS in a day (UTC). An alarm is raised when four fifths of this number are used. */
  perDay: z.int().min(1),
  /** Whether a delivery receipt is requested for the welcome SMS. The onboarding resource shows the receipt. */
  receipts: z.boolean(),
  /** The mode of the capability `sms` while a circuit is open; null leaves the mode unchanged. */
  modeWhenCircuitOpens: z.literal('short-text').nullable(),
});

export type SmsSettings = z.output<typeof smsSettings>;
