import { stageNamed } from '../../infra/stages.ts';

/** A stage as it runs on an embedded cloud. */
export interface StageOfRun {
  /** Folder that `cdk synth` wrote. */
  assembly: string;
  stage: string;
  parameters: Record<string, string>;
  /** Of every function; overrides the templates. */
  environment: Record<string, string>;
}

/** The settings of a stage, and how a run differs from them. */
export interface Differences {
  tracing?: boolean;
  receipts?: boolean;
}

/**
 * A stage's own settings, except limits that only a single machine reaches: all callers have one address, and all
 * phones one country, within a minute. Limits still cost the same: they are counted, and not reached. Without tracing,
 * like the stages.
 */
export function stageOfRun(
  assembly: string,
  stage: string,
  { tracing = false, receipts }: Differences = {},
): StageOfRun {
  const { sms, registrations } = stageNamed(stage);
  const plenty = stageNamed('dev');
  const { perCountryAndMinute, perDay } = plenty.sms;
  const settings = {
    ...sms,
    perCountryAndMinute,
    perDay,
    perMinute: sms.perMinute && perCountryAndMinute,
    receipts: receipts ?? sms.receipts,
  };
  return {
    assembly,
    stage,
    parameters: {
      AlarmEmail: 'nobody@example.com',
      SmsOriginationIdentity: 'arn:aws:sms-voice:us-east-1:000000000000:phone-number/phone-1',
    },
    environment: {
      OTEL_SDK_DISABLED: String(!tracing),
      SMS: JSON.stringify(settings),
      LIMITS: JSON.stringify({ ...registrations, caller: plenty.registrations.caller }),
    },
  };
}
