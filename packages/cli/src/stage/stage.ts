import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import { GetQueueAttributesCommand, paginateListQueues, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import { DISCARDED, PARKED, PARKED_INDEX } from '@rollcall/kit/contracts/subscriber-table';
import { parkedMessageOf } from '@rollcall/kit/messaging/dynamodb-subscriber-store/parked';
import type { ParkingAnswer, ParkingRequest } from '@rollcall/kit/messaging/operator-request';
import { type OutboxRow, readRow } from '@rollcall/kit/messaging/outbox';
import type { OutboxSweepReport, PublishRequest } from '@rollcall/kit/messaging/relay-functions';
import type { DiscardedMessage, ParkedMessage } from '@rollcall/kit/messaging/subscriber-store';
import { channels } from '../../../../shared/contracts/channels.ts';

/** Where an operator works: a stage of an account, or of an embedded cloud. */
export interface StageOptions {
  name: string;
  /** AWS endpoint of an embedded cloud or of LocalStack; nothing: the account that the credentials are of. */
  endpoint?: string;
}

export interface QueueState {
  queue: string;
  visible: number;
  inFlight: number;
}

/** What a person can do about: printed without a stack trace, exit code 1. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}

const INVOKE_TIMEOUT_MS = 75_000;

export type Stage = ReturnType<typeof openStage>;

/** A stage as operators see it: through AWS's own APIs, and the sweep functions for what changes something. */
export function openStage({ name, endpoint }: StageOptions) {
  const config = endpoint
    ? {
        endpoint,
        region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      }
    : {};
  const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient(config));
  const sqs = new SQSClient(config);
  // An embedded cloud has one host, and none whose name begins with data-.
  const directory = new ServiceDiscoveryClient({ ...config, disableHostPrefix: endpoint !== undefined });
  // A sweep takes up to a minute; an Invoke whose answer was lost is not to be repeated behind the operator's back.
  const lambda = new LambdaClient({
    ...config,
    maxAttempts: 1,
    requestHandler: { requestTimeout: INVOKE_TIMEOUT_MS, throwOnRequestTimeout: true },
  });
  const prefix = `rollcall-${name}-`;

  const nameOf = (queueUrl: string) => queueUrl.split('/').at(-1) ?? '';

  async function queueUrls(): Promise<string[]> {
    const urls: string[] = [];
    try {
      for await (const { QueueUrls = [] } of paginateListQueues({ client: sqs }, { QueueNamePrefix: prefix })) {
        urls.push(...QueueUrls);
      }
    } catch (error) {
      throw unreachable(error as Error);
    }
    if (urls.length > 0) return urls.sort();
    throw new OperatorError(`There is no stage ${name} at ${endpoint ?? 'this account and region'}: it has no queues.`);
  }

  /** What to do about a stage that does not even list its queues. */
  function unreachable(error: Error & { code?: string }): Error {
    if (error.code === 'ECONNREFUSED' || /ECONNREFUSED/.test(error.message)) {
      return new OperatorError(
        `Nothing answers at ${endpoint}. Is it running (npm start)? For an account, name its --stage.`,
      );
    }
    if (/Region is missing/.test(error.message)) {
      return new OperatorError(`For stage ${name} of an account, say in which region it is: AWS_REGION=…`);
    }
    if (error.name === 'CredentialsProviderError') {
      return new OperatorError(`For stage ${name} of an account, AWS credentials are needed: ${error.message}`);
    }
    return error;
  }

  /** @throws {OperatorError} with what the function says, if it fails */
  async function invoke<Request, Answer>(fn: string, request: Request): Promise<Answer> {
    const { Payload, FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: `${prefix}${fn}`, Payload: JSON.stringify(request) }),
    );
    const answer = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
    if (FunctionError) throw new OperatorError(`${prefix}${fn} failed: ${answer?.errorMessage ?? FunctionError}`);
    return answer as Answer;
  }

  return {
    name,
    /** Of an embedded cloud, or LocalStack. */
    endpoint,
    /** Of further clients. */
    config,
    dynamodb,
    directory,
    table: (table: string) => `${prefix}${table}`,

    /** @throws {OperatorError} if the stage is not there to be asked */
    async ask<T>(question: () => Promise<T>): Promise<T> {
      try {
        return await question();
      } catch (error) {
        if ((error as Error).name !== 'ResourceNotFoundException') throw unreachable(error as Error);
        throw new OperatorError(
          `There is no stage ${name} at ${endpoint ?? 'this account and region'}: it has no tables.`,
        );
      }
    },

    /** Names of all that take messages from a queue: subscribers, and whoever takes commands or replies. */
    async subscribers(): Promise<string[]> {
      const queues = (await queueUrls()).map((url) => nameOf(url).slice(prefix.length));
      const fifo = queues.filter((queue) => queue.endsWith('.fifo')).map((queue) => queue.slice(0, -'.fifo'.length));
      // What is neither FIFO nor a channel is where a provider tells of texts.
      const unordered = queues.filter((queue) => channels.some(({ name }) => name === queue));
      return [...fifo.filter((queue) => fifo.includes(`${queue}-dlq`)), ...unordered].sort();
    },

    async queues(): Promise<QueueState[]> {
      const attributes = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
      return Promise.all(
        (await queueUrls()).map(async (QueueUrl) => {
          const { Attributes } = await sqs.send(
            new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...attributes] }),
          );
          const [visible = 0, inFlight = 0] = attributes.map((attribute) => Number(Attributes?.[attribute] ?? 0));
          return { queue: nameOf(QueueUrl), visible, inFlight };
        }),
      );
    },

    /** Everything that a subscriber has parked, page by page. */
    async *parked(subscriber: string): AsyncIterable<ParkedMessage[]> {
      const pages = paginateScan(
        { client: dynamodb },
        { TableName: `${prefix}${subscriber}`, IndexName: PARKED_INDEX },
      );
      for await (const { Items = [] } of pages) yield Items.map(parkedMessageOf);
    },

    /** What a subscriber has parked or discarded of one aggregate (or under its queue). */
    async parkedOf(subscriber: string, aggregateId: string): Promise<Array<ParkedMessage | DiscardedMessage>> {
      const found: ParkedMessage[] = [];
      for (const prefixOfPlace of [DISCARDED, PARKED]) {
        const pages = paginateQuery(
          { client: dynamodb },
          {
            TableName: `${prefix}${subscriber}`,
            ConsistentRead: true,
            KeyConditionExpression: 'pk = :pk AND begins_with(sk, :place)',
            ExpressionAttributeValues: { ':pk': aggregateId, ':place': prefixOfPlace },
          },
        );
        for await (const { Items = [] } of pages) found.push(...Items.map(parkedMessageOf));
      }
      return found;
    },

    /** Messages that are committed and not published, page by page. */
    async *outbox(): AsyncIterable<OutboxRow[]> {
      await queueUrls();
      const pages = paginateScan({ client: dynamodb }, { TableName: `${prefix}outbox`, ConsistentRead: true });
      for await (const { Items = [] } of pages) yield Items.map(readRow);
    },

    askParking: (subscriber: string, request: ParkingRequest) =>
      invoke<ParkingRequest, ParkingAnswer>(`${subscriber}-sweep`, request),

    async publish(aggregateIds: string[] | undefined): Promise<OutboxSweepReport> {
      await queueUrls();
      return invoke<PublishRequest | object, OutboxSweepReport>(
        'registration-outbox-sweep',
        aggregateIds ? { publish: aggregateIds } : {},
      );
    },
  };
}
