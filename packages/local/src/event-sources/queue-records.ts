import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';

/** A message in SQS's JSON (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Message.html). */
export interface Message {
  MessageId: string;
  ReceiptHandle: string;
  Body: string;
  MD5OfBody: string;
  Attributes: Record<string, string>;
  /** Binary values are in Base64. */
  MessageAttributes?: Record<string, { DataType: string; StringValue?: string; BinaryValue?: string }>;
}

/**
 * The records that succeeded: all records if the function reports no failures, and no records if the function reports
 * an unknown id.
 */
export function succeeded(records: SQSRecord[], response: SQSBatchResponse | null): SQSRecord[] {
  const failed = (response?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
  const ids = new Set(records.map(({ messageId }) => messageId));
  if (failed.some((id) => !ids.has(id))) return [];
  return records.filter(({ messageId }) => !failed.includes(messageId));
}

/** Converts a message to the record that a function receives. */
export function toRecord(message: Message, { queueArn, region }: { queueArn: string; region: string }): SQSRecord {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes as unknown as SQSRecord['attributes'],
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        {
          dataType: DataType as 'String',
          ...(StringValue !== undefined && { stringValue: StringValue }),
          ...(BinaryValue !== undefined && { binaryValue: BinaryValue }),
          stringListValues: [],
          binaryListValues: [],
        },
      ]),
    ),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}
