import { GetQueueAttributesCommand, paginateListQueues } from '@aws-sdk/client-sqs';
import type { StageClients } from './clients.ts';

export interface QueueState {
  queue: string;
  visible: number;
  inFlight: number;
}

const COUNTS = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;

/** Every queue of a stage, sorted by name. @throws {OperatorError} if there are none: the stage does not exist */
export async function queuesOf(clients: StageClients): Promise<QueueState[]> {
  const { sqs } = clients;
  return Promise.all(
    (await queueUrls(clients)).map(async (QueueUrl) => {
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] }));
      const [visible = 0, inFlight = 0] = COUNTS.map((count) => Number(Attributes?.[count] ?? 0));
      return { queue: QueueUrl.split('/').at(-1) ?? '', visible, inFlight };
    }),
  );
}

async function queueUrls({ sqs, table, ask, missingError }: StageClients): Promise<string[]> {
  const pages = await ask(() => Array.fromAsync(paginateListQueues({ client: sqs }, { QueueNamePrefix: table('') })));
  const urls = pages.flatMap(({ QueueUrls = [] }) => QueueUrls);
  if (urls.length > 0) return urls.sort();
  throw missingError('queues');
}
