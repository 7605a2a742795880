import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';
import { prefixOf, type Stage } from './stage.ts';

export interface AlarmProps {
  stage: Stage;
  /** The topic that the alarm notifies. */
  topic: ITopic;
  /** Anchor of the chapter of the stage's `runbook` that describes what to do about the alarm. */
  chapter: string;
  /**
   * The subject of the alarm, such as `payments`, if a stage has several alarms of this kind. The alarm's name consists
   * of the application, the stage, the subject and the chapter.
   */
  of?: string;
  metric: IMetric;
  /** The alarm is raised if the metric exceeds this value. */
  above: number;
  /** In how many of the last `outOf` minutes the metric must exceed `above`. Default: three. */
  minutes?: number;
  /** How many of the last minutes CloudWatch evaluates. Default: `minutes`. */
  outOf?: number;
  /**
   * Whether the topic is also notified when a metric that is normally reported every minute is no longer reported. The
   * alarm then has the state INSUFFICIENT_DATA. Missing data is not treated as `breaching`, because every first
   * deployment would then raise the alarm before the first data point.
   */
  evenIfSilent?: boolean;
  /** The meaning of the alarm, for the operator on call. */
  meaning: string;
  /** Functions whose deployment is rolled back if the alarm is raised while their traffic is shifted. Default: none. */
  rollsBack?: readonly ServiceFunction[];
}

/**
 * Creates an alarm. Does nothing in a stage without monitoring.
 * @beta
 */
export function raiseAlarm(
  scope: Construct,
  { stage, topic, chapter, of, metric, above, minutes = 3, outOf = minutes, ...others }: AlarmProps,
): void {
  if (!stage.monitoring) return;
  const { evenIfSilent = false, meaning, rollsBack = [] } = others;
  const id = of === undefined ? chapter : `${of}-${chapter}`;
  const alarmName = `${prefixOf(stage)}${id}`;
  for (const fn of rollsBack) fn.rollBackOn(alarmName);
  const alarm = new Alarm(scope, id, {
    alarmName,
    alarmDescription: `${meaning} What to do: ${stage.runbook}#${chapter}`,
    metric,
    threshold: above,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: outOf,
    datapointsToAlarm: minutes,
    treatMissingData: evenIfSilent ? TreatMissingData.MISSING : TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(new SnsAction(topic));
  if (evenIfSilent) alarm.addInsufficientDataAction(new SnsAction(topic));
}
