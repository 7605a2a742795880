import { LogFormatter, LogItem, Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import type { Logger } from './logger.ts';
import { gather, type Unit } from './metrics.ts';
import { logFields } from './spans.ts';
import { startTracing } from './tracing.ts';

export interface Observability {
  logger: Logger;
  /**
   * Counts, for the line that the invocation writes at its end (`flushed`); zeros are left out.
   * @param dimensions besides the service
   */
  count(values: Record<string, number>, dimensions?: Record<string, string>): void;
  /** Keeps measured values of one metric for that line, zeros too. */
  measure(
    name: string,
    unit: Exclude<Unit, 'Count'>,
    values: readonly number[],
    dimensions?: Record<string, string>,
  ): void;
}

/**
 * Structured logs, metrics and traces of one service.
 * @param otherwise what it is called where the environment (`POWERTOOLS_SERVICE_NAME`) says nothing
 * @public
 */
export function createObservability(otherwise: string): Observability {
  const service = process.env.POWERTOOLS_SERVICE_NAME ?? otherwise;
  const logger = new PowertoolsLogger({ serviceName: service, logFormatter: new LineFormatter() });
  startTracing(service, (error) => logger.warn('spans are lost: they could not be exported', { error }));

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
