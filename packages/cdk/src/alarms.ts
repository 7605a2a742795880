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
  /** Anchor of a chapter of the stage's `runbook`, which says what to do about the alarm. */
  chapter: string;
  /**
   * The subject of the alarm, if there are several of its kind: `payments`. The alarm's name consists of stage, this and
   * the chapter.
   */
  of?: string;
  metric: IMetric;
  /** The alarm is raised above this value. */
  above: number;
  /** Number of minutes that must be above. Default: three. */
  minutes?: number;
  /** Out of how many consecutive minutes. Default: the same number. */
  outOf?: number;
  /**
   * Whether the alarm is also raised when a metric that is reported every minute stops. This is not `breaching`: before
   * its first data point, a new alarm would be raised by every first deployment.
   */
  evenIfSilent?: boolean;
  /** The meaning of the alarm, for the operator on call. */
  meaning: string;
  /** Functions whose deployment is rolled back if the alarm is raised while their traffic is shifted. Default: none. */
  rollsBack?: readonly ServiceFunction[];
}

/**
 * Does nothing in a stage without monitoring.
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
