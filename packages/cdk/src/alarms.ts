import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { prefixOf, type Stage } from './stage.ts';

export interface AlarmProps {
  stage: Stage;
  /** Who is told. */
  topic: ITopic;
  /** Anchor of a chapter of the stage's `runbook`: whoever is woken by the alarm reads there what to do. */
  chapter: string;
  /** Whose it is, where several have such an alarm: `payments`. Its name is made of stage, this and the chapter. */
  of?: string;
  metric: IMetric;
  /** Raised above this value. */
  above: number;
  /** For so many minutes. Default: three. */
  minutes?: number;
  /** Out of how many in a row. Default: all of them. */
  outOf?: number;
  /**
   * Whether people are also told when nothing is measured any more: of what happens every minute. It is no value like others
   * (breaching): of a new alarm nothing was measured yet, and every first deployment would raise it.
   */
  evenIfSilent?: boolean;
  /** What it means to the person who is told. */
  meaning: string;
}

/**
 * Nothing, where the stage is not watched.
 * @beta
 */
export function raiseAlarm(
  scope: Construct,
  { stage, topic, chapter, of, metric, above, minutes = 3, outOf = minutes, evenIfSilent = false, meaning }: AlarmProps,
): void {
  if (!stage.monitoring) return;
  const id = of === undefined ? chapter : `${of}-${chapter}`;
  const alarm = new Alarm(scope, id, {
    alarmName: `${prefixOf(stage)}${id}`,
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
