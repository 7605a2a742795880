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
import { type Addresses, batchingSender, createSender } from './sender.ts';
import { createSubscriber } from './subscriber.ts';
import { nameOfQueue, type QueueSettings, queueFunctions } from './subscriber-functions/queue-functions.ts';

/**
 * The resources that are passed to the function that creates a consumer's handlers.
 * @public
 */
export interface HandlerContext<Sends extends Channel = Channel> {
  client: DynamoDBDocumentClient;
  /** The consumer's own table. */
  tableName: string;
  now: () => Date;
  newId: () => string;
  correspondence: Correspondence<Sends>;
  /** The current mode of the consumer's capability. */
  mode: () => Promise<string>;
}

/** The deployed resources of a consumer. */
export interface ConsumerSettings extends QueueSettings {
  /** Addresses of the channels to which the consumer sends messages. */
  channels?: Addresses;
  /** Default: as in the descriptor. */
  joinsLate?: boolean;
  /**
   * Table of the switches with which operators pause or skip the consumer's capability; required if the consumer has a
   * capability.
   */
  switchesTable?: string;
  /** Reads the data of large messages; required if the channel is `large`. */
  claimCheck?: ClaimCheck;
  /** Name prefix of the functions that may send to the consumer's queue; undefined: senders are not verified. */
  senderPrefix?: string | undefined;
}

/**
 * Creates the two Lambda functions of a consumer, for any queue and table. `consume` applies the messages of the queue.
 * `sweep`, which a timer invokes every minute, parks dead letters, retries parked messages and carries out operators'
 * requests. On a channel that is not `ordered`, messages need no version. Each message is identified by its id and
 * applied once, or, by an `idempotent` consumer, at least once.
 * @throws {Error} if the consumer has a capability and `switchesTable` is missing, or if the channel is `large` and
 * `claimCheck` is missing
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
      `consumer ${name}: ${channel.name} is large: pass a \`claimCheck\` (createClaimCheck) to its functions`,
    );
  const observability = createObservability(name);
  const { logger, measure } = observability;
  const client = createDynamoDB();
  const sqs = new SQSClient(clientDefaults);
  const now = () => new Date();
  const mode = modeOf(descriptor, settings, { client, now, logger });
  const correspondence = createCorrespondence<S>({ source, channels });
  const sender =
    Object.keys(channels).length > 0 ? batchingSender(createSender({ sqs, addresses: channels })) : undefined;

  function onAttempt(attempted: Attempt, lagMs: number): void {
    if (attempted.outcome === 'applied') measure('ApplicationLag', 'Milliseconds', [lagMs]);
    if (attempted.outcome !== 'parked') return;
    const { reason, error } = attempted;
    // Waiting for a predecessor is normal. A failed message needs an operator.
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
    // The senders to a queue that is subscribed to a topic are not verified, because SNS is the only sender.
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
  const batchingSends = <T>(run: () => Promise<T>) => (sender ? sender.during(run) : run());
  return queueFunctions(settings, { name, observability, sqs, now, subscriber, batchingSends, capability, mode });
}

function modeOf(
  { name, capability }: ConsumerDescriptor,
  { switchesTable }: ConsumerSettings,
  options: Omit<Parameters<typeof createSwitches>[0], 'tableName'>,
): () => Promise<string> {
  if (capability === undefined) return async () => 'on';
  if (switchesTable === undefined)
    throw new Error(
      `consumer ${name} has the capability ${capability}: pass \`switchesTable\`, the table with the switch of the capability`,
    );
  const switches = createSwitches({ ...options, tableName: switchesTable });
  return () => switches.mode(capability);
}
