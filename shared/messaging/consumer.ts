import type { SQSEvent, SQSRecord } from 'aws-lambda';
import type { Outcome } from './subscriber.ts';

export interface ConsumerReport {
  outcomes: Record<Outcome, number>;
  failures: Array<{ messageId: string; error: Error }>;
  /** What must come again: every message that failed, and all later ones of its group. */
  givenBack: SQSRecord[];
}

/**
 * Applies a batch from a FIFO queue: message groups in parallel, the messages of a group in sequence. At its first
 * failure a group stops (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html).
 */
export async function consume(
  event: SQSEvent,
  apply: (body: string, receives: number) => Promise<Outcome>,
): Promise<ConsumerReport> {
  const report: ConsumerReport = {
    outcomes: { applied: 0, duplicate: 0, parked: 0 },
    failures: [],
    givenBack: [],
  };

  async function consumeGroup(records: readonly SQSRecord[]): Promise<void> {
    for (const [index, record] of records.entries()) {
      try {
        report.outcomes[await apply(record.body, Number(record.attributes.ApproximateReceiveCount))]++;
      } catch (error) {
        report.failures.push({ messageId: record.messageId, error: error as Error });
        report.givenBack.push(...records.slice(index));
        return;
      }
    }
  }

  const groups = Map.groupBy(event.Records, ({ attributes }) => attributes.MessageGroupId);
  await Promise.all([...groups.values()].map(consumeGroup));
  return report;
}
