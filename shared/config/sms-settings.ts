import * as z from 'zod';

export const smsProviderNames = ['http', 'aws', 'twilio', 'alibaba'] as const;

export type SmsProviderName = (typeof smsProviderNames)[number];

const isCountry = (code: string) =>
  new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(code) !== undefined;

const country = z
  .string()
  .regex(/^[A-Z]{2}$/, { error: 'must be a country code of two capitals (ISO 3166-1)', abort: true })
  .refine(isCountry, { error: 'is the code of no country' });

/** How texts are sent, of one stage. */
export const smsSettings = z.strictObject({
  /** Who delivers texts: the first, and who takes over when it cannot. Their addresses are parameters of the stack. */
  providers: z.array(z.enum(smsProviderNames)).min(1).max(2),
  /** How long a provider may take for one text; what it does take at the 99.9th percentile, `ops -- circuit list` shows. */
  timeoutMs: z.int().min(100).max(5_000),
  /** Most texts at once that one instance of a function hands to one provider. A batch of its queue has ten. */
  atOnce: z.int().min(10),
  /** Texts a minute that are agreed with a provider, over all instances; null: as many as it takes. */
  perMinute: z.int().min(1).nullable(),
  /** Countries that texts may go to (ISO 3166-1); or all. */
  countries: z.union([z.literal('all'), z.array(country).min(1)]),
  /** Texts that were asked for in an hour, a minute or a day (UTC), whenever they are sent. */
  perPhoneAndHour: z.int().min(1),
  perCountryAndMinute: z.int().min(1),
  /** An alarm is raised at four fifths of it. */
  perDay: z.int().min(1),
  /** Whether the welcome asks for a delivery receipt, which onboarding then shows. */
  receipts: z.boolean(),
  /** How the capability `sms` is switched while a circuit is open; null: not at all. */
  modeWhenCircuitOpens: z.literal('short-text').nullable(),
});

export type SmsSettings = z.output<typeof smsSettings>;
