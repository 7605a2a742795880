import {
  type BatchResultErrorEntry,
  PublishBatchCommand,
  type SNSClient,
  SNSServiceException,
} from '@aws-sdk/client-sns';
import { PermanentError } from './errors.ts';
import type { OutboxRow } from './outbox.ts';

/** SNS takes at most 10 entries and 256 KiB in one PublishBatch. */
const ENTRIES_PER_CALL = 10;
const BYTES_PER_CALL = 256 * 1024;
/** What the attributes, group and deduplication ids of an entry add to its body; generously rounded up. */
const BYTES_BESIDE_BODY = 512;

export interface Publisher {
  /**
   * Publishes rows of *different* aggregates, in parallel calls. Rows of one aggregate may not share a call: an
   * early entry of a batch can fail while a later one succeeds.
   * @returns the error of each row that the broker did not confirm, a {@link PermanentError} if it refused the row; a
   * row that is not in it was published
   */
  publish(rows: readonly OutboxRow[]): Promise<Map<OutboxRow, Error>>;
}

export function createSnsPublisher({ client, topicArn }: { client: SNSClient; topicArn: string }): Publisher {
  async function publishCall(rows: OutboxRow[]): Promise<Array<[OutboxRow, Error]>> {
    try {
      const { Successful = [], Failed = [] } = await client.send(
        new PublishBatchCommand({
          TopicArn: topicArn,
          PublishBatchRequestEntries: rows.map((row, index) => ({
            Id: String(index),
            Message: row.body,
            MessageGroupId: row.aggregateId,
            MessageDeduplicationId: row.messageId,
            MessageAttributes: {
              type: { DataType: 'String', StringValue: row.type },
              kind: { DataType: 'String', StringValue: row.kind },
            },
          })),
        }),
      );
      const confirmed = new Set(Successful.map(({ Id }) => Id));
      const errors = new Map(Failed.map((entry) => [entry.Id, errorOf(entry)]));
      return rows.flatMap((row, index) => {
        const id = String(index);
        return confirmed.has(id) ? [] : [[row, errors.get(id) ?? new Error('the broker answered nothing for it')]];
      });
    } catch (error) {
      if (!(error instanceof SNSServiceException) || error.$fault !== 'client' || isThrottling(error.name)) {
        return rows.map((row) => [row, error as Error]);
      }
      if (rows.length > 1 && CAUSED_BY_ONE.has(error.name)) {
        return (await Promise.all(rows.map((row) => publishCall([row])))).flat();
      }
      const refusal = new PermanentError(`the topic refuses: ${error.name}: ${error.message}`, { cause: error });
      return rows.map((row) => [row, refusal]);
    }
  }

  return {
    async publish(rows) {
      return new Map((await Promise.all(fillCalls(rows).map(publishCall))).flat());
    },
  };
}

/** One entry that SNS cannot read, or that is too long, makes it refuse the call; the others shall not suffer for it. */
const CAUSED_BY_ONE = new Set([
  'InvalidParameterException',
  'InvalidParameterValueException',
  'BatchRequestTooLongException',
]);

const isThrottling = (code = '') => /throttl/i.test(code);

function errorOf({ Code, Message, SenderFault }: BatchResultErrorEntry): Error {
  const text = `the topic refuses: ${Code}: ${Message}`;
  return SenderFault && !isThrottling(Code) ? new PermanentError(text) : new Error(text);
}

/** Fills calls up to SNS's limits of entries and bytes. */
export function fillCalls(rows: readonly OutboxRow[]): OutboxRow[][] {
  const calls: OutboxRow[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const size = Buffer.byteLength(row.body) + BYTES_BESIDE_BODY;
    const current = calls.at(-1);
    if (current && current.length < ENTRIES_PER_CALL && bytes + size <= BYTES_PER_CALL) {
      current.push(row);
      bytes += size;
    } else {
      calls.push([row]);
      bytes = size;
    }
  }
  return calls;
}
