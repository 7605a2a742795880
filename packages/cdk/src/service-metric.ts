import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { capitalized, type Stage } from './stage.ts';

/** Namespace of the stage's own metrics: each stage of an account and region has another. */
export const namespaceOf = ({ app, name }: Pick<Stage, 'app' | 'name'>) => `${capitalized(app)}/${name}`;

/**
 * A metric that functions or the access log write, per minute: docs/observability.md.
 * @param statistic such as `Sum` or `p99`
 * @beta
 */
export const serviceMetric = (
  stage: Pick<Stage, 'app' | 'name'>,
  service: string,
  metricName: string,
  statistic: string,
  dimensions: Record<string, string> = {},
): Metric =>
  new Metric({
    namespace: namespaceOf(stage),
    metricName,
    dimensionsMap: { service, ...dimensions },
    statistic,
    period: Duration.minutes(1),
  });
