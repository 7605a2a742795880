import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

/** Of all that is measured by ourselves, as in shared/observability/. */
export const NAMESPACE = 'Rollcall';

/**
 * A metric that functions or the access log write themselves, minute by minute: docs/observability.md.
 * @param statistic such as `Sum` or `p99`
 */
export const serviceMetric = (
  service: string,
  metricName: string,
  statistic: string,
  dimensions: Record<string, string> = {},
): Metric =>
  new Metric({
    namespace: NAMESPACE,
    metricName,
    dimensionsMap: { service, ...dimensions },
    statistic,
    period: Duration.minutes(1),
  });
