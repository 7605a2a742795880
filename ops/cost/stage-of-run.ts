import { stageNamed } from '../../infra/stages.ts';

/** A stage to run on an embedded cloud. */
export interface StageOfRun {
  /** Folder that `cdk synth` wrote. */
  assembly: string;
  stage: string;
  parameters: Record<string, string>;
  /** Variables for every function. They override the templates. */
  environment: Record<string, string>;
}

/** The settings of the stage that a caller can replace. */
export interface Differences {
  tracing?: boolean;
  receipts?: boolean;
}

/**
 * Returns the settings of a stage for a run on one machine. Raises the limits that a run would exceed, because all
 * callers of a run have the same address, all phones are in one country, and all SMS are sent within minutes. Higher
 * limits do not change the cost, because each request is still counted. Tracing is off by default, as in the stages.
 */
export function stageOfRun(
  assembly: string,
  stage: string,
  { tracing = false, receipts }: Differences = {},
): StageOfRun {
  const { sms, registrations } = stageNamed(stage);
  const highLimits = stageNamed('dev');
  const { perCountryAndMinute, perDay } = highLimits.sms;
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
      LIMITS: JSON.stringify({ ...registrations, caller: highLimits.registrations.caller }),
    },
  };
}
