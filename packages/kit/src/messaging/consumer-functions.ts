import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { v7 as newId } from 'uuid';
import { clientDefaults, createDynamoDB } from '../aws/clients.ts';
import type { Channel } from '../contracts/channel.ts';
import type { ConsumerDescriptor } from '../contracts/consumer.ts';
import type { MessageContract } from '../contracts/contract.ts';
import { createObservability } from '../observability/observability.ts';
import { createSwitches } from '../resilience/switches.ts';
import type { Attempt } from './applier.ts';
import type { ClaimCheck } from './claim-check.ts';
import { type Correspondence, createCorrespondence } from './correspondence.ts';
import { createSubscriberStore } from './dynamodb-subscriber-store.ts';
import type { Handlers } from './handlers.ts';
import { type Addresses, createSender, gathering } from './sender.ts';
import { createSubscriber } from './subscriber.ts';
import { nameOfQueue, type QueueSettings, queueFunctions } from './subscriber-functions/queue-functions.ts';

/**
 * What handlers are made with.
 * @public
 */
export interface HandlerContext<Sends extends Channel = Channel> {
  client: DynamoDBDocumentClient;
  /** The consumer's own table. */
  tableName: string;
  now: () => Date;
  newId: () => string;
  correspondence: Correspondence<Sends>;
  /** How the capability is switched now. */
  mode: () => Promise<string>;
}

/** Where a consumer is deployed. */
export interface ConsumerSettings extends QueueSettings {
  /** The addresses of the channels that it sends to. */
  channels?: Addresses;
  /** Default: what the consumer says. */
  joinsLate?: boolean;
  /** Where operators pause and skip its capability; needed if it names one. */
  switchesTable?: string;
  /** Reads the data of large messages; needed if the channel is `large`. */
  claimCheck?: ClaimCheck;
  /** What the names of functions begin with that may send to its queue; undefined: nobody verifies who has sent a message. */
  senderPrefix?: string | undefined;
}

/**
 * The two Lambda functions of a consumer, wherever its queue and table come from: `consume` takes its messages, `sweep`
 * parks what ended among the dead letters, tries what is parked, and does what an operator asks for. A timer invokes the
 * sweep every minute. On a channel that is not `ordered`, messages need no version: each is applied once by its id, in the
 * order in which its queue hands them out.
 * @throws {Error} if the consumer names a capability, and there is no table of switches; or its channel is `large`, and there is
 * no `claimCheck`
 * @public
 */
export function consumerFunctions<C extends MessageContract, S extends Channel>(
  descriptor: ConsumerDescriptor<C, S>,
  settings: ConsumerSettings,
  handlers: (context: HandlerContext<S>) => Handlers<C>,
) {
  const { name, source, of: channel, reads, capability, cursorKey, idempotent = false } = descriptor;
  const {
    tableName,
    queueUrl,
    channels = {},
    joinsLate = descriptor.joinsLate ?? false,
    senderPrefix,
    read,
    claimCheck,
  } = settings;
  if (channel.large && !claimCheck)
    throw new Error(
      `consumer ${name}: ${channel.name} is large: give its functions a \`claimCheck\` (createClaimCheck)`,
    );
  const observability = createObservability(name);
  const { logger, measure } = observability;
  const client = createDynamoDB();
  const sqs = new SQSClient(clientDefaults);
  const now = () => new Date();
  const mode = modeOf(descriptor, settings, { client, now, logger });
  const correspondence = createCorrespondence<S>({ source, channels });
  const sender = Object.keys(channels).length > 0 ? gathering(createSender({ sqs, addresses: channels })) : undefined;

  function onAttempt(attempted: Attempt, lagMs: number): void {
    if (attempted.outcome === 'applied') measure('ApplicationLag', 'Milliseconds', [lagMs]);
    if (attempted.outcome !== 'parked') return;
    const { reason, error } = attempted;
    // What waits for its predecessor is no news; what fails is somebody's work.
    logger[reason === 'failed' ? 'warn' : 'debug']('message parked', { reason, ...(error && { error }) });
  }

  const unordered = idempotent || !channel.ordered;
  const table = createSubscriberStore({ client, tableName, cursorKey });
  const reader = { channel: channel.name, consumer: name, unordered };
  const subscriber = createSubscriber({
    ...(claimCheck?.consuming(reader, table) ?? { store: table }),
    queueName: nameOfQueue(queueUrl),
    joinsLate,
    contracts: reads,
    channel,
    // What comes by a topic was sent to the queue by SNS.
    senderPrefix: channel.kind === 'queue' ? senderPrefix : undefined,
    read,
    handlers: handlers({ client, tableName, now, newId, correspondence, mode }),
    unordered,
    idempotent,
    mayReplyOn: (channel) => Object.hasOwn(channels, channel),
    sender,
    now,
    newId,
    random: Math.random,
    onAttempt,
  });
  const together = <T>(run: () => Promise<T>) => (sender ? sender.during(run) : run());
  return queueFunctions(settings, { name, observability, sqs, now, subscriber, together, capability, mode });
}

function modeOf(
  { name, capability }: ConsumerDescriptor,
  { switchesTable }: ConsumerSettings,
  options: Omit<Parameters<typeof createSwitches>[0], 'tableName'>,
): () => Promise<string> {
  if (capability === undefined) return async () => 'on';
  if (switchesTable === undefined)
    throw new Error(`consumer ${name}: it has the capability ${capability}, and no switchesTable to pause it by`);
  const switches = createSwitches({ ...options, tableName: switchesTable });
  return () => switches.mode(capability);
}
