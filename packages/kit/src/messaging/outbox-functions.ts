import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { clientDefaults, createDynamoDB } from '../aws/clients.ts';
import { addresses as addressesOf, readEnvironment, text } from '../aws/environment.ts';
import { createObservability } from '../observability/observability.ts';
import { createOutbox } from './outbox.ts';
import { createRelay } from './relay.ts';
import { relayFunctions } from './relay-functions.ts';
import { type Addresses, createSender } from './sender.ts';
import { publishByTopics } from './topics.ts';

/** An outbox, and where its messages go. */
export interface OutboxSettings {
  /** Of the outbox. */
  tableName: string;
  /** By channel name: the ARN of a topic, or the URL of a queue. */
  addresses: Addresses;
  /** What logs and metrics call it, where the environment (`POWERTOOLS_SERVICE_NAME`) says nothing. Default: `relay`. */
  service?: string;
}

/**
 * The two Lambda functions that publish what an outbox has: `relay`, woken by its stream, and `sweep`, woken by a timer.
 * @param settings default: what the environment says, as `Outbox` of `@rollcall/cdk` gives it: OUTBOX_TABLE, and CHANNELS, the
 * addresses as JSON
 * @throws {Error} if the environment lacks one of them
 * @public
 */
export function outboxFunctions(settings: OutboxSettings = ofEnvironment()) {
  const { tableName, addresses, service = 'relay' } = settings;
  const outbox = createOutbox({ client: createDynamoDB(), tableName });
  const sender = createSender({
    publish: publishByTopics(new SNSClient(clientDefaults)),
    sqs: new SQSClient(clientDefaults),
    addresses,
  });
  return relayFunctions(createRelay({ outbox, sender }), outbox, createObservability(service), () => new Date());
}

function ofEnvironment(): OutboxSettings {
  const { OUTBOX_TABLE, CHANNELS } = readEnvironment(z.object({ OUTBOX_TABLE: text, CHANNELS: addressesOf }));
  return { tableName: OUTBOX_TABLE, addresses: CHANNELS };
}
