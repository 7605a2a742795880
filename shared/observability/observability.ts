import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

const NAMESPACE = 'Rollcall';

export interface Observability {
  logger: Logger;
  /** Writes counts as one line of CloudWatch's embedded metric format; zeros are left out. */
  count(values: Record<string, number>): void;
}

/** Structured logs and metrics of one service. */
export function createObservability(service: string): Observability {
  const logger = new Logger({ serviceName: service });
  const metrics = new Metrics({ namespace: NAMESPACE, serviceName: service, logger });
  return {
    logger,
    count(values) {
      const counted = Object.entries(values).filter(([, value]) => value > 0);
      if (counted.length === 0) return;
      for (const [name, value] of counted) metrics.addMetric(name, MetricUnit.Count, value);
      metrics.publishStoredMetrics();
    },
  };
}
