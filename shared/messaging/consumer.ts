import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Outcome } from './subscriber.ts';

export interface ConsumerReport {
  response: SQSBatchResponse;
  outcomes: Record<Outcome, number>;
  failed: Array<{ messageId: string; error: Error }>;
}

/**
 * Applies a batch from a FIFO queue: message groups in parallel, the messages of a group in sequence. At its first
 * failure a group stops, and that message and all later ones of the group are given back
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html).
 */
export async function consume(event: SQSEvent, apply: (body: string) => Promise<Outcome>): Promise<ConsumerReport> {
  const report: ConsumerReport = {
    response: { batchItemFailures: [] },
    outcomes: { applied: 0, duplicate: 0, parked: 0 },
    failed: [],
  };

  async function consumeGroup(records: readonly SQSRecord[]): Promise<void> {
    for (const [index, record] of records.entries()) {
      try {
        report.outcomes[await apply(record.body)]++;
      } catch (error) {
        report.failed.push({ messageId: record.messageId, error: error as Error });
        for (const { messageId } of records.slice(index)) {
          report.response.batchItemFailures.push({ itemIdentifier: messageId });
        }
        return;
      }
    }
  }

  const groups = Map.groupBy(event.Records, ({ attributes }) => attributes.MessageGroupId);
  await Promise.all([...groups.values()].map(consumeGroup));
  return report;
}
