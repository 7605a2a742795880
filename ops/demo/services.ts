import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { channels } from '../../shared/contracts/channels.ts';

export interface Text {
  to: string;
  receivedAt: string;
  idempotencyKey: string | null;
}

export type Item = Record<string, unknown> & { pk: string; sk: string };

/** Everything that the three services hold. */
export interface Holdings {
  texts: Text[];
  sms: Item[];
  points: Item[];
  guide: Item[];
}

const SUBSCRIBERS = ['sms', 'points', 'guide'] as const;
/** All that take messages from a queue. */
export const CONSUMERS = [
  ...SUBSCRIBERS,
  'points-commands',
  'sms-commands',
  'registration-replies',
  'registration-outcomes',
] as const;

/** Looks into the services of a stage of the embedded cloud, through AWS's own APIs. */
export function createServices({ endpointUrl, smsUrl, stage }: { endpointUrl: string; smsUrl: string; stage: string }) {
  const config = {
    endpoint: endpointUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const sqs = new SQSClient(config);
  const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient(config));

  async function scan(table: string): Promise<Item[]> {
    const items: Item[] = [];
    const pages = paginateScan({ client: dynamodb }, { TableName: `rollcall-${stage}-${table}`, ConsistentRead: true });
    for await (const page of pages) items.push(...((page.Items ?? []) as Item[]));
    return items;
  }

  async function queued(service: string): Promise<number> {
    const ordered = channels.find(({ name }) => name === service)?.ordered ?? true;
    const QueueName = `rollcall-${stage}-${service}${ordered ? '.fifo' : ''}`;
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  }

  return {
    /** Messages between commit and effect: in the outbox and in the queues. */
    async underWay(): Promise<number> {
      const [outbox, ...queues] = await Promise.all([scan('outbox'), ...CONSUMERS.map(queued)]);
      return (outbox?.length ?? 0) + queues.reduce((sum, count) => sum + count, 0);
    },

    /** The members' table: members, operations, and what answered to registrations. */
    members: () => scan('members'),

    async holdings(): Promise<Holdings> {
      const [texts, sms, points, guide] = await Promise.all([
        fetch(`${smsUrl}/messages`).then(
          async (response) => ((await response.json()) as { messages: Text[] }).messages,
        ),
        ...SUBSCRIBERS.map(scan),
      ]);
      return { texts, sms, points, guide } as Holdings;
    },
  };
}
