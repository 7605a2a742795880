import { flushed } from '@rollcall/kit/observability';
import { withinBudget } from '@rollcall/kit/resilience';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { readAwsEvent } from './webhooks/aws-end-user-messaging.ts';
import { configuredReceiver } from './webhooks/configured-receiver.ts';

const { take } = configuredReceiver(() => new Date());

/** Takes what AWS End User Messaging tells, from the queue behind its topic: all of a batch, or all of it comes again. */
export const awsEvents = ({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
  flushed(() =>
    withinBudget(
      () => context.getRemainingTimeInMillis(),
      async () => {
        const sentAt = ({ attributes }: (typeof Records)[number]) => new Date(Number(attributes.SentTimestamp));
        await take(
          'aws',
          Records.map((record) => readAwsEvent(record.body, sentAt(record))),
        );
        return { batchItemFailures: [] };
      },
    ),
  );
