import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { clientDefaults, createDynamoDB } from '../aws/clients.ts';
import { addresses, readEnvironment, text } from '../aws/environment.ts';
import { createObservability } from '../observability/observability.ts';
import { createOutbox } from './outbox.ts';
import { createRelay } from './relay.ts';
import { relayFunctions } from './relay-functions.ts';
import { createSender } from './sender.ts';
import { publishByTopics } from './topics.ts';

/**
 * The two Lambda functions of the outbox that the environment names, as `Outbox` of `@rollcall/cdk` gives it: OUTBOX_TABLE,
 * and CHANNELS, the addresses of channels by their names, as JSON.
 * @throws {Error} if the environment lacks one of them
 */
export function outboxFunctions() {
  const environment = readEnvironment(z.object({ OUTBOX_TABLE: text, CHANNELS: addresses }));
  const outbox = createOutbox({ client: createDynamoDB(), tableName: environment.OUTBOX_TABLE });
  const sender = createSender({
    publish: publishByTopics(new SNSClient(clientDefaults)),
    sqs: new SQSClient(clientDefaults),
    addresses: environment.CHANNELS,
  });
  return relayFunctions(createRelay({ outbox, sender }), outbox, createObservability('relay'), () => new Date());
}
