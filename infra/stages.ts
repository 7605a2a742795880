import { type Stage as AnyStage, stageOf, stageSettings } from '@rollcall/cdk';
import * as z from 'zod';
import { registrationBonus } from '../shared/config/registration-bonus.ts';
import { registrationLimits } from '../shared/config/registration-limits.ts';
import { smsSettings } from '../shared/config/sms-settings.ts';

/** The settings of a stage of this application. */
export const settings = stageSettings.extend({
  throttling: stageSettings.shape.throttling.unwrap().extend({
    registrationsPerSecond: z.int().min(1),
    /**
     * The rate limit for requests that may wait for 20 seconds. It is divided equally among three routes: redeem
     * points, read an operation and watch an operation. Each request occupies a function instance, so up to twenty
     * times this number of instances run at the same time. By default, an account can run 1,000 instances
     * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
     */
    waitsPerSecond: z.int().min(3),
  }),
  registrations: registrationLimits,
  sms: smsSettings,
  /** The bonus that applies while the table of the points service contains no rule. */
  registrationBonus,
  /**
   * The number of days for which a phone is remembered after its member leaves. With null, the phone is not remembered,
   * so each registration of the phone earns a bonus.
   */
  phonesRememberedDays: z.int().min(1).max(3650).nullable(),
});

export type Settings = z.output<typeof settings>;

export type Stage = Settings & AnyStage;

/**
 * The settings of the stages for AWS accounts. The embedded cloud runs these stages, too. Settings that are left out
 * have the defaults of packages/cdk/src/stage.ts.
 */
const accountStages = {
  dev: {
    throttling: { perSecond: 5_000, burst: 5_000, registrationsPerSecond: 2_000, waitsPerSecond: 1_000 },
    // On one machine all callers have the same address.
    registrations: { caller: { burst: 100_000, perMinute: 600_000 }, phone: { burst: 20, perMinute: 20 } },
    tokens: { audience: 'rollcall', scopes: { read: 'members:read', write: 'members:write' } },
    sms: {
      providers: ['http', 'twilio'],
      timeoutMs: 2_000,
      atOnce: 10,
      perMinute: null,
      countries: 'all',
      perPhoneAndHour: 20,
      perCountryAndMinute: 100_000,
      perDay: 1_000_000,
      receipts: true,
      modeWhenCircuitOpens: 'short-text',
    },
    registrationBonus: { points: 100, oncePerPhone: true },
    phonesRememberedDays: 30,
  },
  prod: {
    keepData: true,
    pointInTimeRecovery: true,
    logRetentionDays: 90,
    eventArchiveDays: 30,
    subscriberConcurrency: { default: 50, sms: 20, 'sms-commands': 5 },
    throttling: { perSecond: 500, burst: 1_000, registrationsPerSecond: 100, waitsPerSecond: 30 },
    registrations: { caller: { burst: 20, perMinute: 10 }, phone: { burst: 5, perMinute: 1 } },
    tokens: { audience: 'rollcall', scopes: { read: 'members:read', write: 'members:write' } },
    customerManagedKey: true,
    // With this setting, a deployment takes twenty minutes for each stack. An alarm that evaluates three minutes is
    // raised when the new code has about 30 % of the traffic, or more on a route with few requests.
    trafficShifting: 'LambdaLinear10PercentEvery2Minutes',
    sms: {
      providers: ['aws', 'twilio'],
      timeoutMs: 2_000,
      atOnce: 10,
      // The quota of AWS is lower for a ten-digit long code or a toll-free number, and higher for a short code.
      perMinute: 1_200,
      countries: ['DE', 'ES', 'FR', 'GB', 'IE', 'IT', 'PT', 'US'],
      perPhoneAndHour: 5,
      perCountryAndMinute: 300,
      perDay: 20_000,
      receipts: true,
      modeWhenCircuitOpens: null,
    },
    registrationBonus: { points: 100, oncePerPhone: true },
    phonesRememberedDays: 365,
    apiAlarms: { errorPercent: 1, p99Ms: 5_000 },
    alarmByEmail: true,
  },
} satisfies Record<string, z.input<typeof settings>>;

const stages: Record<string, z.input<typeof settings>> = {
  ...accountStages,
  // For LocalStack and similar emulators. Features that emulators do not support are left out, or set up after the
  // deployment (docs/decisions/0030).
  localstack: {
    ...accountStages.dev,
    eventArchiveDays: null,
    // These emulators report the account as the sender of every message.
    verifySenders: false,
    directory: 'outputs',
    basePath: '/_aws/execute-api/{api}/$default',
    monitoring: false,
  },
};

/** @throws {Error} if no stage has this name, or the settings of the stage are invalid */
export const stageNamed = (name: string): Stage => stageOf(settings, 'rollcall', stages, name);
