import {
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueUrlCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { CallFault } from '@rollcall/local/internal/faults/faults';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TextFault } from '../../ops/sms-sandbox/mailbox.ts';
import { newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';
import { httpEvent } from '../support/http.ts';

const TableName = 'rollcall-dev-points';
const CLIENT_TIMEOUT_MS = 300;

/** Runs of chaos and overload rely on this: a requested fault occurs once, and has the same effect as on AWS. */
describe('an injected fault', () => {
  let cloud: TestCloud;
  let dynamodb: DynamoDBClient;
  let sns: SNSClient;
  let next: { operation: string; fault: CallFault } | undefined;
  let death: number | undefined;
  let textFault: TextFault | undefined;
  const happened: string[] = [];

  beforeAll(async () => {
    cloud = await startTestCloud({
      faults: {
        call(_, operation) {
          if (operation !== next?.operation) return undefined;
          const { fault } = next;
          next = undefined;
          return fault;
        },
        death: () => death,
        text: () => textFault,
        happened: (fault) => happened.push(fault),
        answered: () => {},
      },
    });
    const config = {
      endpoint: cloud.endpointUrl,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
      requestHandler: { requestTimeout: CLIENT_TIMEOUT_MS, throwOnRequestTimeout: true },
    };
    dynamodb = new DynamoDBClient(config);
    sns = new SNSClient(config);
  });
  afterAll(() => cloud.stop());

  const item = (sk: string) => ({ pk: { S: 'fault' }, sk: { S: sk } });
  const isThere = async (sk: string) =>
    (await dynamodb.send(new GetItemCommand({ TableName, Key: item(sk), ConsistentRead: true }))).Item !== undefined;
  const put = (sk: string) => dynamodb.send(new PutItemCommand({ TableName, Item: item(sk) }));

  it('refuses one call, which has no effect', async () => {
    next = { operation: 'PutItem', fault: { kind: 'refused' } };
    await expect(put('refused')).rejects.toThrow('an injected fault');
    expect(await isThere('refused')).toBe(false);
    await put('refused');
    expect(await isThere('refused')).toBe(true);
    expect(happened).toContain('dynamodb PutItem: refused');
  });

  it('executes a call and returns an error', async () => {
    next = { operation: 'PutItem', fault: { kind: 'answer lost' } };
    await expect(put('answer lost')).rejects.toThrow('an injected fault');
    expect(await isThere('answer lost')).toBe(true);
  });

  it('throttles the way DynamoDB does', async () => {
    next = { operation: 'PutItem', fault: { kind: 'throttled' } };
    await expect(put('throttled')).rejects.toThrow(
      expect.objectContaining({ name: 'ProvisionedThroughputExceededException' }),
    );
  });

  it('cancels a transaction for a conflict', async () => {
    next = { operation: 'TransactWriteItems', fault: { kind: 'conflict' } };
    const TransactItems = ['a', 'b'].map((sk) => ({ Put: { TableName, Item: item(`conflict ${sk}`) } }));
    const error = await dynamodb.send(new TransactWriteItemsCommand({ TransactItems })).catch((reason) => reason);
    expect(error).toBeInstanceOf(TransactionCanceledException);
    expect(error.CancellationReasons).toMatchObject([{ Code: 'TransactionConflict' }, { Code: 'None' }]);
    expect(await isThere('conflict a')).toBe(false);
  });

  it('delays a call beyond the timeout of its caller', async () => {
    next = { operation: 'PutItem', fault: { kind: 'delayed', ms: 10 * CLIENT_TIMEOUT_MS } };
    await expect(put('delayed')).rejects.toThrow(expect.objectContaining({ name: 'TimeoutError' }));
  });

  it('omits some writes of a batch, and reports them', async () => {
    next = { operation: 'BatchWriteItem', fault: { kind: 'partly done' } };
    const writes = ['0', '1', '2'].map((sk) => ({ PutRequest: { Item: item(`partly ${sk}`) } }));
    const { UnprocessedItems } = await dynamodb.send(
      new BatchWriteItemCommand({ RequestItems: { [TableName]: writes } }),
    );
    expect(UnprocessedItems?.[TableName]).toEqual([writes[1]]);
    expect(await Promise.all(['0', '1', '2'].map((sk) => isThere(`partly ${sk}`)))).toEqual([true, false, true]);
  });

  it('omits some messages of a batch, and reports them', async () => {
    next = { operation: 'PublishBatch', fault: { kind: 'partly done' } };
    const { Successful, Failed } = await sns.send(
      new PublishBatchCommand({
        TopicArn: 'arn:aws:sns:us-east-1:000000000000:rollcall-dev-member-events.fifo',
        PublishBatchRequestEntries: ['0', '1'].map((Id) => ({
          Id,
          Message: 'no message',
          MessageGroupId: `fault ${Id}`,
          MessageDeduplicationId: `fault ${Id}`,
        })),
      }),
    );
    expect(Successful).toMatchObject([{ Id: '0' }]);
    expect(Failed).toMatchObject([{ Id: '1', SenderFault: false }]);
  });

  it('omits some entries of a batch to a queue, and reports them', async () => {
    const QueueName = 'rollcall-dev-points-commands-dlq.fifo';
    const { QueueUrl } = await cloud.sqs.send(new GetQueueUrlCommand({ QueueName }));
    next = { operation: 'SendMessageBatch', fault: { kind: 'partly done' } };
    const Entries = ['0', '1'].map((Id) => ({
      Id,
      MessageBody: 'no message',
      MessageGroupId: `fault ${Id}`,
      MessageDeduplicationId: `fault ${Id}`,
    }));
    const { Successful, Failed } = await cloud.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(Successful).toMatchObject([{ Id: '0' }]);
    expect(Failed).toMatchObject([{ Id: '1', SenderFault: false }]);
  });

  it('ends a worker during an invocation; the next invocation gets another worker', async () => {
    death = 0;
    const event = httpEvent({});
    expect(await cloud.invoke('rollcall-dev-registration-root', event)).toHaveProperty('errorType');
    death = undefined;
    expect(await cloud.invoke('rollcall-dev-registration-root', event)).toHaveProperty('statusCode');
    expect(happened).toContain('rollcall-dev-registration-root: dies');
  });

  it.each([
    ['fails', 'status 503', 0],
    ['refuses', 'status 422', 0],
    ['hangs', 'TimeoutError', 0],
    ['answer lost', 'TimeoutError', 1],
  ] as const)('is produced by the SMS gateway: %s', async (fault, expected, sentCount) => {
    textFault = fault;
    const to = newPhone();
    const outcome = await fetch(`${cloud.beside.sms}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': to },
      body: JSON.stringify({ to, text: 'hello' }),
      signal: AbortSignal.timeout(CLIENT_TIMEOUT_MS),
    }).then(
      ({ status }) => `status ${status}`,
      (error: Error) => (error.name === 'TimeoutError' ? 'TimeoutError' : 'no answer'),
    );
    textFault = undefined;
    expect(outcome).toBe(expected);
    expect(await cloud.texts(to)).toHaveLength(sentCount);
  });
});
