import { LogFormatter, LogItem, Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import type { Logger } from './logger.ts';
import { gather, type Unit } from './metrics.ts';
import { logFields } from './spans.ts';
import { startTracing } from './tracing.ts';

export interface Observability {
  logger: Logger;
  /**
   * Adds to counts, which are logged at the end of the invocation (`flushed`). Ignores zeros.
   * @param dimensions in addition to the service
   */
  count(values: Record<string, number>, dimensions?: Record<string, string>): void;
  /** Collects measured values of one metric, including zeros. The values are logged at the end of the invocation. */
  measure(
    name: string,
    unit: Exclude<Unit, 'Count'>,
    values: readonly number[],
    dimensions?: Record<string, string>,
  ): void;
}

/**
 * Creates the logger and the metrics of one service, and starts tracing.
 * @param otherwise the service name if `POWERTOOLS_SERVICE_NAME` is not set
 * @public
 */
export function createObservability(otherwise: string): Observability {
  const service = process.env.POWERTOOLS_SERVICE_NAME ?? otherwise;
  const logger = new PowertoolsLogger({ serviceName: service, logFormatter: new LineFormatter() });
  startTracing(service, (error) => logger.warn('spans are lost, because they could not be exported', { error }));

  return {
    logger,
    count(values, dimensions = {}) {
      for (const [name, value] of Object.entries(values)) {
        if (value > 0) gather({ name, unit: 'Count', values: [value], dimensions: { service, ...dimensions } });
      }
    },
    measure(name, unit, values, dimensions = {}) {
      gather({ name, unit, values, dimensions: { service, ...dimensions } });
    },
  };
}

/**
 * Adds message and trace ids from the asynchronous context to each line, to distinguish the lines of concurrent work.
 */
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
