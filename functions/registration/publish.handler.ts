import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { clientDefaults, createDynamoDB } from '../../packages/kit/src/aws/clients.ts';
import { addresses, readEnvironment, text } from '../../packages/kit/src/aws/environment.ts';
import { createOutbox } from '../../packages/kit/src/messaging/outbox.ts';
import { createRelay } from '../../packages/kit/src/messaging/relay.ts';
import { relayFunctions } from '../../packages/kit/src/messaging/relay-functions.ts';
import { createSender } from '../../packages/kit/src/messaging/sender.ts';
import { publishByTopics } from '../../packages/kit/src/messaging/topics.ts';
import { createObservability } from '../../packages/kit/src/observability/observability.ts';

const environment = readEnvironment(z.object({ OUTBOX_TABLE: text, CHANNELS: addresses }));

const outbox = createOutbox({ client: createDynamoDB(), tableName: environment.OUTBOX_TABLE });
const sender = createSender({
  publish: publishByTopics(new SNSClient(clientDefaults)),
  sqs: new SQSClient(clientDefaults),
  addresses: environment.CHANNELS,
});

export const { relay, sweep } = relayFunctions(
  createRelay({ outbox, sender }),
  outbox,
  createObservability('relay'),
  () => new Date(),
);
