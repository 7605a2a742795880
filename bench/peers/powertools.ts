import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Context, SQSRecord } from 'aws-lambda';
import { v7 as newId } from 'uuid';
import { booking, type ConsumerResources } from './booking.ts';
import type { Clients } from './clients.ts';
import { type Running, startPoller } from './poller.ts';

/**
 * The remaining time of the invocation. After this time, the library allows another execution of an operation that is
 * still in progress.
 */
const REMAINING_MS = 1_000;

/**
 * Uses Powertools the way its documentation shows. Handles the records of a batch in parallel, and makes each
 * record idempotent by its message id.
 */
export function startPowertools(
  { dynamodb, sqs }: Clients,
  { queueUrl, pointsTable, idsTable }: ConsumerResources,
): Running {
  const client = DynamoDBDocumentClient.from(dynamodb);
  const config = new IdempotencyConfig({ eventKeyJmesPath: 'id' });
  config.registerLambdaContext({ getRemainingTimeInMillis: () => REMAINING_MS } as Context);
  const book = makeIdempotent(
    async ({ subject }: { id: string; subject: string }) => {
      await client.send(new TransactWriteCommand({ TransactItems: booking(pointsTable, subject, newId()) }));
      return 'booked';
    },
    { persistenceStore: new DynamoDBPersistenceLayer({ tableName: idsTable, awsSdkV3Client: dynamodb }), config },
  );
  return startPoller(sqs, queueUrl, async (event) => {
    const { batchItemFailures } = await processPartialResponse(
      event,
      ({ body }: SQSRecord) => book(JSON.parse(body)),
      new BatchProcessor(EventType.SQS),
      { throwOnFullBatchFailure: false },
    );
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    return event.Records.filter(({ messageId }) => failed.has(messageId));
  });
}
