import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Observability } from '../observability/observability.ts';
import { consume } from './consumer.ts';
import type { Subscriber } from './subscriber.ts';

/** The two Lambda functions of a subscriber: one consumes its queue, one sweeps what is parked. */
export function subscriberFunctions(subscriber: Subscriber, { logger, count }: Observability) {
  return {
    async consume(event: SQSEvent): Promise<SQSBatchResponse> {
      const { response, outcomes, failed } = await consume(event, subscriber.apply);
      for (const { messageId, error } of failed) logger.warn('message given back', { messageId, error });
      count({
        Applied: outcomes.applied,
        Duplicates: outcomes.duplicate,
        Parked: outcomes.parked,
        GivenBack: failed.length,
      });
      return response;
    },

    async sweep(): Promise<void> {
      const { applied, waiting, failed } = await subscriber.sweep();
      for (const { messageId, error } of failed)
        logger.warn('parked message could not be applied', { messageId, error });
      count({ Applied: applied, ParkedWaiting: waiting, SweepFailures: failed.length });
    },
  };
}
