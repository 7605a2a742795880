import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';

export interface Endpoints {
  dynamoDBUrl: string;
  messagingUrl: string;
}

export const REGION = 'us-east-1';

/** Counts of a consumer's calls to DynamoDB and SQS. */
export interface Usage {
  /** The number of calls, by operation. */
  calls: Record<string, number>;
  /** The consumed units, as DynamoDB reports them. */
  writeUnits: number;
  readUnits: number;
  /** The number of messages that were deleted from the queue. */
  deleted: number;
  /** The number of writes to the points table. */
  effects: number;
  /** The times when the first receive began, and when the last message was deleted, by `performance.now()`. */
  from: number;
  until: number;
}

export interface Clients {
  dynamodb: DynamoDBClient;
  sqs: SQSClient;
  usage: Usage;
  destroy(): void;
}

/** The part of the middleware type that is used here. This part is the same for both SDK clients. */
type Middleware = (
  next: (args: { input: Input }) => Promise<{ output: Output }>,
  context: { commandName?: string },
) => (args: { input: Input }) => Promise<{ output: Output }>;
type Stack = { add(middleware: Middleware, options: { step: 'initialize'; priority: 'high' }): void };

interface Input {
  TableName?: string;
  TransactItems?: Array<Record<string, { TableName?: string }>>;
  Entries?: unknown[];
  ReturnConsumedCapacity?: string;
}

interface Output {
  ConsumedCapacity?: Capacity | Capacity[];
}

interface Capacity {
  CapacityUnits?: number;
}

const tablesIn = ({ TableName, TransactItems = [] }: Input) => [
  TableName,
  ...TransactItems.flatMap((one) => Object.values(one)).map((one) => one.TableName),
];

/**
 * Creates clients that count their calls.
 * @param pointsTable the table for effects
 * @param onEffect invoked when this table has accepted a write, before the caller gets the response
 * @param onDeleted invoked after each deletion, with the number of all messages deleted so far
 */
export function countingClients(
  { dynamoDBUrl, messagingUrl }: Endpoints,
  pointsTable: string,
  { onEffect, onDeleted }: { onEffect?: () => void; onDeleted?: (deleted: number) => void } = {},
): Clients {
  const usage: Usage = { calls: {}, writeUnits: 0, readUnits: 0, deleted: 0, effects: 0, from: 0, until: 0 };
  const config = (endpoint: string) => ({
    endpoint,
    region: REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const dynamodb = new DynamoDBClient(config(dynamoDBUrl));
  const sqs = new SQSClient(config(messagingUrl));

  const count: Middleware = (next, { commandName = '' }) => {
    const operation = commandName.replace(/Command$/, '');
    const isRead = /^(Get|Query|BatchGet)/.test(operation);
    return async (args) => {
      usage.calls[operation] = (usage.calls[operation] ?? 0) + 1;
      if (operation === 'ReceiveMessage') usage.from ||= performance.now();
      const result = await next(args);
      const { Entries } = args.input;
      if (operation.startsWith('DeleteMessage')) {
        usage.deleted += Entries?.length ?? 1;
        usage.until = performance.now();
        onDeleted?.(usage.deleted);
      }
      const { ConsumedCapacity } = result.output;
      for (const { CapacityUnits = 0 } of [ConsumedCapacity ?? []].flat())
        usage[isRead ? 'readUnits' : 'writeUnits'] += CapacityUnits;
      if (ConsumedCapacity && !isRead && tablesIn(args.input).includes(pointsTable)) {
        usage.effects++;
        onEffect?.();
      }
      return result;
    };
  };
  const requestCapacity: Middleware = (next) => (args) =>
    next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } });
  const add = ({ middlewareStack }: { middlewareStack: object }, middleware: Middleware) =>
    (middlewareStack as Stack).add(middleware, { step: 'initialize', priority: 'high' });
  add(dynamodb, requestCapacity);
  for (const client of [dynamodb, sqs]) add(client, count);
  return {
    dynamodb,
    sqs,
    usage,
    destroy() {
      dynamodb.destroy();
      sqs.destroy();
    },
  };
}
