import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { capitalized, type Stage } from './stage.ts';

/** Namespace of the stage's own metrics. The stages of an account and region have different namespaces. */
export const namespaceOf = ({ app, name }: Pick<Stage, 'app' | 'name'>) => `${capitalized(app)}/${name}`;

/**
 * A metric that functions write or that is derived from the access log, per minute: docs/observability.md.
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
