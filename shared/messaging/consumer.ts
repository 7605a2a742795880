import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { RECEIVES_BEFORE_PARKING } from '../config/redelivery.ts';

export type Outcome = 'applied' | 'duplicate' | 'ignored' | 'parked';

/** A message as a queue handed it out. */
export interface Delivery {
  body: string;
  /** How often it was received, this time included. */
  receives: number;
  /** The queue's own id of the message. */
  queueMessageId: string;
}

export interface ConsumerReport {
  outcomes: Record<Outcome, number>;
  failures: Array<{ messageId: string; error: Error }>;
  /** What must come again: every message that failed, and all later ones of its group. */
  givenBack: SQSRecord[];
}

const receivesOf = ({ attributes }: SQSRecord) => Number(attributes.ApproximateReceiveCount);

const deliveryOf = (record: SQSRecord): Delivery => ({
  body: record.body,
  receives: receivesOf(record),
  queueMessageId: record.messageId,
});

/**
 * Hands a batch from a FIFO queue on: message groups in parallel, the messages of a group in sequence. At its first
 * failure a group stops (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html).
 */
export async function consume(
  event: SQSEvent,
  apply: (delivery: Delivery, record: SQSRecord) => Promise<Outcome>,
): Promise<ConsumerReport> {
  const report: ConsumerReport = {
    outcomes: { applied: 0, duplicate: 0, ignored: 0, parked: 0 },
    failures: [],
    givenBack: [],
  };

  async function consumeGroup(records: readonly SQSRecord[]): Promise<void> {
    for (const [index, record] of records.entries()) {
      try {
        report.outcomes[await apply(deliveryOf(record), record)]++;
      } catch (error) {
        report.failures.push({ messageId: record.messageId, error: error as Error });
        report.givenBack.push(...records.slice(index));
        return;
      }
    }
  }

  // What fails is parked before it comes this often: over one of these the function has died, and may die again. The
  // others are to be applied before it does.
  const isSuspect = (records: readonly SQSRecord[]) =>
    records.some((record) => receivesOf(record) > RECEIVES_BEFORE_PARKING);
  const groups = [...Map.groupBy(event.Records, ({ attributes }) => attributes.MessageGroupId).values()];
  await Promise.all(groups.filter((group) => !isSuspect(group)).map(consumeGroup));
  for (const group of groups.filter(isSuspect)) await consumeGroup(group);
  return report;
}
