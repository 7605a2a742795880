import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { CreateTableCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { chunk } from '@rollcall/kit/internal/messaging/batches';
import { createMessage, encodeMessage } from '@rollcall/kit/internal/messaging/message';
import { v7 as newId } from 'uuid';
import { registrationReplies } from '../../shared/contracts/channels.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import type { ConsumerResources } from './booking.ts';
import { type Clients, countingClients, type Endpoints, type Usage } from './clients.ts';
import type { Contestant } from './contestants.ts';
import { BATCH_SIZE } from './poller.ts';

/** Messages of a killed process are redelivered after this time, which is longer than a batch takes. */
const VISIBILITY_SECONDS = 2;

/** Creates the queues and tables for one contestant. */
export async function createResources({ sqs, dynamodb }: Clients): Promise<ConsumerResources> {
  const id = randomUUID();
  const queue = async (name: string) => {
    const Attributes = { VisibilityTimeout: String(VISIBILITY_SECONDS) };
    return (await sqs.send(new CreateQueueCommand({ QueueName: `${name}-${id}`, Attributes }))).QueueUrl ?? '';
  };
  const table = async (name: string, keys: string[]) => {
    await dynamodb.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
      }),
    );
    return name;
  };
  return {
    queueUrl: await queue('points'),
    repliesUrl: await queue('replies'),
    pointsTable: await table(`points-${id}`, ['pk', 'sk']),
    idsTable: await table(`ids-${id}`, ['id']),
  };
}

/** Sends events to the queue, one for each of the given number of members. @returns the ids of the members */
async function fill(
  { sqs }: Clients,
  { queueUrl }: ConsumerResources,
  messages: number,
  wantReply: boolean,
): Promise<string[]> {
  const members = Array.from({ length: messages }, () => newId());
  const bodyOf = (memberId: string) =>
    encodeMessage(
      memberRegisteredV2,
      createMessage(memberRegisteredV2, {
        id: newId(),
        source: '/rollcall/registration',
        subject: memberId,
        version: 1,
        time: new Date(),
        ...(wantReply && { replyTo: registrationReplies.name }),
        data: {
          memberId,
          phone: '+34612345678',
          givenName: 'Lucía',
          familyName: 'García',
          displayName: 'Lucía García',
          locale: 'es',
          registeredAt: new Date().toISOString(),
        },
      }),
    );
  for (const some of chunk(members, BATCH_SIZE)) {
    const Entries = some.map((memberId, index) => ({ Id: String(index), MessageBody: bodyOf(memberId) }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
  return members;
}

/** Lets a contestant handle a number of messages. @returns the counts of its calls */
export async function handle(
  { start, replies }: Contestant,
  endpoints: Endpoints,
  benchClients: Clients,
  resources: ConsumerResources,
  messages: number,
): Promise<Usage> {
  await fill(benchClients, resources, messages, replies);
  return runUntilDeleted(start, endpoints, resources, messages);
}

async function runUntilDeleted(
  start: Contestant['start'],
  endpoints: Endpoints,
  resources: ConsumerResources,
  messages: number,
) {
  const done = Promise.withResolvers<void>();
  const onDeleted = (deleted: number) => deleted >= messages && done.resolve();
  const clients = countingClients(endpoints, resources.pointsTable, { onDeleted });
  const running = start(clients, resources);
  await done.promise;
  const usage = { ...clients.usage, calls: { ...clients.usage.calls } };
  await running.stop();
  clients.destroy();
  return usage;
}

export interface CrashResult {
  /** The number of bookings of the message. */
  effects: number;
  /** The number of replies to the message. */
  replies: number;
}

/**
 * Kills a consumer between the effect of a message and the deletion of the message. A second consumer then receives the
 * message again.
 */
export async function crashAfterEffect(
  { name, start, replies }: Contestant,
  endpoints: Endpoints,
  benchClients: Clients,
): Promise<CrashResult> {
  const resources = await createResources(benchClients);
  const [memberId = ''] = await fill(benchClients, resources, 1, replies);
  const killed = spawn(
    process.execPath,
    [new URL('./killed.ts', import.meta.url).pathname, JSON.stringify({ name, resources, ...endpoints })],
    { stdio: 'inherit', env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' } },
  );
  const [, signal] = await once(killed, 'exit');
  if (signal !== 'SIGKILL') throw new Error(`${name}: the process was not killed after its effect`);
  const second = await runUntilDeleted(start, endpoints, resources, 1);
  const { Attributes } = await benchClients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: resources.repliesUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  const effects = 1 + second.effects;
  await verifyWrites(benchClients, resources, memberId, effects);
  return { effects, replies: Number(Attributes?.ApproximateNumberOfMessages ?? 0) };
}

/**
 * Compares the number of ledger entries with the number of effects. Cannot detect repeated updates of the same item.
 * @throws {Error} if the member has ledger entries, but not one for each effect
 */
async function verifyWrites(
  { dynamodb }: Clients,
  { pointsTable }: ConsumerResources,
  memberId: string,
  effects: number,
): Promise<void> {
  const { Items = [] } = await dynamodb.send(
    new QueryCommand({
      TableName: pointsTable,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :ledger)',
      ExpressionAttributeValues: { ':pk': { S: memberId }, ':ledger': { S: 'ledger#' } },
    }),
  );
  if (Items.length > 0 && Items.length !== effects)
    throw new Error(`${pointsTable}: ${effects} writes, but ${Items.length} entries in the ledger`);
}
