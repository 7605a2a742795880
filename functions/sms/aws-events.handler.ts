import { flushed } from '@rollcall/kit/observability';
import { withinBudget } from '@rollcall/kit/resilience';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { readAwsEvent } from './webhooks/aws-end-user-messaging.ts';
import { configuredReceiver } from './webhooks/configured-receiver.ts';

const { receive } = configuredReceiver(() => new Date());

/**
 * Receives the events of AWS End User Messaging from the queue that subscribes to the topic of these events. A batch
 * either succeeds or is redelivered as a whole.
 */
export const awsEvents = ({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
  flushed(() =>
    withinBudget(
      () => context.getRemainingTimeInMillis(),
      async () => {
        const sentAt = ({ attributes }: (typeof Records)[number]) => new Date(Number(attributes.SentTimestamp));
        await receive(
          'aws',
          Records.map((record) => readAwsEvent(record.body, sentAt(record))),
        );
        return { batchItemFailures: [] };
      },
    ),
  );
