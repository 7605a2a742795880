import { SQSClient } from '@aws-sdk/client-sqs';
import { clientDefaults, createDynamoDB } from '../aws/clients.ts';
import { createObservability } from '../observability/observability.ts';
import type { Applier } from './applier.ts';
import { createSubscriberStore } from './dynamodb-subscriber-store.ts';
import { isPermanent } from './errors.ts';
import { type Envelope, readEnvelope } from './message.ts';
import { withMessagingErrors } from './remote-errors.ts';
import { subscriberWith } from './subscriber.ts';
import { nameOfQueue, type QueueSettings, queueFunctions } from './subscriber-functions/queue-functions.ts';

/**
 * Applies a message without the kit. The kit calls this function at least once per message, so the function must be
 * idempotent by the message's id.
 * @throws {PermanentError} to park the message until an operator redrives or discards it
 * @throws {PostponedError} to have the message redelivered at a given time
 * @throws {Error} to have the message retried: by the queue and, from the fifth receive of the message on, by the sweep
 */
export type ApplyMessage = (message: Envelope) => Promise<void>;

/** A placeholder: no cursor is stored, because the caller's `apply` recognises duplicates. */
const CURSOR_KEY = 'none';

/**
 * Creates the two Lambda functions of a consumer that applies its messages without the kit, and uses the kit only for
 * parking and redrives. A message that fails permanently or repeatedly is parked. Messages are independent: other
 * messages about the same subject do not wait for a parked message.
 * @returns `consume`, for the queue, and `sweep`, for a timer and operators' requests
 * @public
 */
export function parkingFunctions(name: string, settings: QueueSettings, apply: ApplyMessage) {
  const { tableName, queueUrl, read = readEnvelope } = settings;
  const observability = createObservability(name);
  const now = () => new Date();
  const subscriber = subscriberWith({
    store: createSubscriberStore({ client: createDynamoDB(), tableName, cursorKey: CURSOR_KEY }),
    queueName: nameOfQueue(queueUrl),
    contracts: [],
    joinsLate: false,
    idempotent: true,
    unordered: true,
    applier: applierOf(apply, now),
    read: ({ body }) => read(body),
    now,
    random: Math.random,
  });
  return queueFunctions(settings, {
    ...{ name, observability, now, subscriber },
    sqs: new SQSClient(clientDefaults),
    batchingSends: (run) => run(),
    capability: undefined,
    mode: async () => 'on',
  });
}

const applierOf = (apply: ApplyMessage, now: () => Date): Applier => ({
  async apply(message) {
    try {
      await withMessagingErrors(now, () => apply(message));
      return { outcome: 'applied' };
    } catch (error) {
      if (!isPermanent(error)) throw error;
      return { outcome: 'parked', reason: 'failed', error };
    }
  },
  async complete() {},
});
