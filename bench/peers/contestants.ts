import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { consume } from '@rollcall/kit/internal/messaging/consumer';
import { type Correspondence, createCorrespondence } from '@rollcall/kit/internal/messaging/correspondence';
import { createSubscriberStore } from '@rollcall/kit/internal/messaging/dynamodb-subscriber-store';
import type { Handlers } from '@rollcall/kit/internal/messaging/handlers';
import { batchingSender, createSender } from '@rollcall/kit/internal/messaging/sender';
import { createSubscriber } from '@rollcall/kit/internal/messaging/subscriber';
import type { SQSEvent } from 'aws-lambda';
import { v7 as newId } from 'uuid';
import { accountHandlers } from '../../functions/points/account.ts';
import { ACCOUNT } from '../../functions/points/ledger.ts';
import { memberEvents, registrationReplies } from '../../shared/contracts/channels.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { onboardingStepCompleted } from '../../shared/contracts/onboarding-step-completed.v1.ts';
import { booking, type ConsumerResources, POINTS } from './booking.ts';
import type { Clients } from './clients.ts';
import { type Running, startPoller } from './poller.ts';
import { startPowertools } from './powertools.ts';
import { startToolkit } from './toolkit.ts';

export interface Contestant {
  name: string;
  /** Whether the messages request replies, which the contestant then sends. */
  replies: boolean;
  start(clients: Clients, resources: ConsumerResources): Running;
}

/** The plain loop. It books each message only once, because the message's id is the key of the ledger entry. */
function startFloor({ dynamodb, sqs }: Clients, { queueUrl, pointsTable }: ConsumerResources): Running {
  const client = DynamoDBDocumentClient.from(dynamodb);

  async function book(body: string): Promise<void> {
    const { id, subject } = JSON.parse(body) as { id: string; subject: string };
    try {
      await client.send(new TransactWriteCommand({ TransactItems: booking(pointsTable, subject, id) }));
    } catch (error) {
      const [, entry] = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      if (entry?.Code !== 'ConditionalCheckFailed') throw error;
    }
  }

  return startPoller(sqs, queueUrl, async ({ Records }: SQSEvent) => {
    await Promise.all(Records.map(({ body }) => book(body)));
    return [];
  });
}

const contracts = [memberRegisteredV2];
type HandlersOf = (correspondence: Correspondence, resources: ConsumerResources) => Handlers<typeof memberRegisteredV2>;

/** Makes the same two writes as the plain loop. The cursor needs no separate write, because the account contains it. */
const twoWrites: HandlersOf = (correspondence, { pointsTable }) => ({
  'rollcall.member.registered.v2': {
    handle: ({ subject }) => ({
      set: { balance: POINTS },
      writes: booking(pointsTable, subject, newId()).slice(1),
    }),
    follows: (message, { appliedAt }) =>
      correspondence.reply(
        message,
        onboardingStepCompleted,
        {
          memberId: message.subject,
          step: 'bonus',
          summary: `${POINTS} points credited`,
          completedAt: appliedAt as string,
        },
        appliedAt as string,
      ),
  },
});

/**
 * The handlers of the deployed points service. They make one write, because the account item contains the first ledger
 * entry.
 */
const oneWrite: HandlersOf = (correspondence) =>
  accountHandlers({
    bonus: async () => ({ points: POINTS, oncePerPhone: false }),
    correspondence,
    now: () => new Date(),
  });

/** Assembles a subscriber the way `subscriberFunctions` does, without logs and metrics. */
const startRollcall =
  (handlersOf: HandlersOf) =>
  ({ dynamodb, sqs }: Clients, resources: ConsumerResources): Running => {
    const client = DynamoDBDocumentClient.from(dynamodb, { marshallOptions: { removeUndefinedValues: true } });
    const channels = { [registrationReplies.name]: resources.repliesUrl };
    const sender = batchingSender(createSender({ sqs, addresses: channels }));
    const subscriber = createSubscriber({
      store: createSubscriberStore({ client, tableName: resources.pointsTable, cursorKey: ACCOUNT }),
      queueName: resources.queueUrl.split('/').at(-1) ?? '',
      joinsLate: false,
      contracts,
      channel: memberEvents,
      handlers: handlersOf(createCorrespondence({ source: '/rollcall/points', channels }), resources),
      mayReplyOn: (channel) => Object.hasOwn(channels, channel),
      sender,
      now: () => new Date(),
      newId,
      random: Math.random,
    });
    return startPoller(sqs, resources.queueUrl, async (event) => {
      const apply = (delivery: Parameters<typeof subscriber.apply>[0]) =>
        sender.during(() => subscriber.apply(delivery));
      const { returned } = await consume(event, apply, subscriber.isSuspect);
      return returned.map(({ record }) => record);
    });
  };

export const contestants: readonly Contestant[] = [
  { name: 'plain SDK loop', replies: false, start: startFloor },
  { name: 'Rollcall', replies: false, start: startRollcall(twoWrites) },
  { name: 'Rollcall, with a reply', replies: true, start: startRollcall(twoWrites) },
  { name: 'Rollcall, points service', replies: false, start: startRollcall(oneWrite) },
  { name: 'Rollcall, points service, with a reply', replies: true, start: startRollcall(oneWrite) },
  { name: 'Powertools batch + idempotency', replies: false, start: startPowertools },
  { name: 'message-queue-toolkit', replies: false, start: startToolkit },
];
