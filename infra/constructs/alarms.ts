import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

export interface AlarmProps {
  /** Who is told. */
  topic: ITopic;
  metric: IMetric;
  /** Raised above this value. */
  above: number;
  /** For so many minutes in a row. Default: three. */
  minutes?: number;
  /** What it means to the person who is told. */
  meaning: string;
}

export function raiseAlarm(
  scope: Construct,
  id: string,
  { topic, metric, above, minutes = 3, meaning }: AlarmProps,
): void {
  new Alarm(scope, id, {
    metric,
    threshold: above,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: minutes,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    alarmDescription: meaning,
  }).addAlarmAction(new SnsAction(topic));
}
