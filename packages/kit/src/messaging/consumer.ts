import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { PostponedError } from './errors.ts';

export type Outcome = 'applied' | 'duplicate' | 'ignored' | 'parked';

/** A message as delivered by a queue. */
export interface Delivery {
  body: string;
  /** How often the message was received, including this time. */
  receives: number;
  /** The message id that SQS assigned. */
  queueMessageId: string;
  /** The sender, as the queue reports it: AWS's unique id of a role and the name of its session. */
  senderId?: string | undefined;
}

/** A message that the queue will redeliver. `until`: the time to which the message is postponed, if it is postponed. */
export interface ReturnedMessage {
  record: SQSRecord;
  until?: Date;
}

export interface ConsumerReport {
  outcomes: Record<Outcome, number>;
  failures: Array<{ body: string; error: Error }>;
  /** Messages to be redelivered: every message that failed, and all later messages of its group. */
  returned: ReturnedMessage[];
}

const deliveryOf = (record: SQSRecord): Delivery => ({
  body: record.body,
  receives: Number(record.attributes.ApproximateReceiveCount),
  queueMessageId: record.messageId,
  senderId: record.attributes.SenderId,
});

/**
 * Processes a batch from a queue: message groups in parallel, the messages of a group in sequence. A group stops at its
 * first failure (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html).
 * @param isSuspect whether the function crashed while it processed this message or a concurrent message, and may crash
 * again. Groups with suspect messages are processed last, one group at a time
 */
export async function consume(
  event: SQSEvent,
  apply: (delivery: Delivery, record: SQSRecord) => Promise<Outcome>,
  isSuspect: (delivery: Delivery) => Promise<boolean> = async () => false,
): Promise<ConsumerReport> {
  const report: ConsumerReport = {
    outcomes: { applied: 0, duplicate: 0, ignored: 0, parked: 0 },
    failures: [],
    returned: [],
  };

  function returnToQueue(records: readonly SQSRecord[], error: Error): void {
    report.failures.push({ body: records[0]?.body ?? '', error });
    const until = error instanceof PostponedError ? { until: error.until } : {};
    report.returned.push(...records.map((record) => ({ record, ...until })));
  }

  async function consumeGroup(records: readonly SQSRecord[]): Promise<void> {
    for (const [index, record] of records.entries()) {
      try {
        report.outcomes[await apply(deliveryOf(record), record)]++;
      } catch (error) {
        return returnToQueue(records.slice(index), error as Error);
      }
    }
  }

  // On a queue without order, each message is its own group.
  const groups = [
    ...Map.groupBy(event.Records, ({ attributes, messageId }) => attributes.MessageGroupId ?? messageId).values(),
  ];
  const suspects: SQSRecord[][] = [];
  await Promise.all(
    groups.map(async (group) => {
      try {
        const results = await Promise.all(group.map((record) => isSuspect(deliveryOf(record))));
        if (results.some(Boolean)) suspects.push(group);
        else await consumeGroup(group);
      } catch (error) {
        returnToQueue(group, error as Error);
      }
    }),
  );
  for (const group of suspects) await consumeGroup(group);
  return report;
}
