import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logFields } from './spans.ts';
import { startTracing } from './tracing.ts';

/** Of one metric in a line of the embedded metric format. */
const MOST_VALUES = 100;

export interface Observability {
  logger: Logger;
  /**
   * Writes counts as a line of CloudWatch's embedded metric format; zeros are left out.
   * @param dimensions besides the service
   */
  count(values: Record<string, number>, dimensions?: Record<string, string>): void;
  /** Writes measured values of one metric, zeros too. */
  measure(
    name: string,
    unit: 'Milliseconds' | 'Seconds' | 'None',
    values: readonly number[],
    dimensions?: Record<string, string>,
  ): void;
}

/** Structured logs, metrics and traces of one service. `POWERTOOLS_METRICS_NAMESPACE` is that of its stage. */
export function createObservability(service: string): Observability {
  const logger = new Logger({ serviceName: service, logFormatter: new LineFormatter() });
  startTracing(service, (error) => logger.warn('spans are lost: they could not be exported', { error }));

  function write(
    metrics: ReadonlyArray<readonly [name: string, value: number]>,
    unit: (typeof MetricUnit)[keyof typeof MetricUnit],
    dimensions: Record<string, string>,
  ): void {
    const line = new Metrics({ serviceName: service, logger });
    line.addDimensions(dimensions);
    for (const [name, value] of metrics) line.addMetric(name, unit, value);
    line.publishStoredMetrics();
  }

  return {
    logger,
    count(values, dimensions = {}) {
      const counted = Object.entries(values).filter(([, value]) => value > 0);
      if (counted.length > 0) write(counted, MetricUnit.Count, dimensions);
    },
    measure(name, unit, values, dimensions = {}) {
      for (let from = 0; from < values.length; from += MOST_VALUES) {
        const some = values.slice(from, from + MOST_VALUES).map((value) => [name, value] as const);
        write(some, MetricUnit[unit === 'None' ? 'NoUnit' : unit], dimensions);
      }
    },
  };
}

/** A line tells its message and its trace by itself, whatever else goes on in the function at the same time. */
class LineFormatter extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, additional: LogAttributes): LogItem {
    const { logLevel, message, timestamp, serviceName } = attributes;
    return new LogItem({
      attributes: {
        level: logLevel,
        message,
        timestamp: this.formatTimestamp(timestamp),
        service: serviceName,
        ...logFields(),
      },
    }).addAttributes(additional);
  }
}
