import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { addresses, clientDefaults, createDynamoDB, readEnvironment, text } from '@rollcall/kit/aws';
import { createOutbox, createRelay, createSender, publishByTopics, relayFunctions } from '@rollcall/kit/messaging';
import { createObservability } from '@rollcall/kit/observability';
import * as z from 'zod';

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
