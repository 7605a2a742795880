import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { clientDefaults, createDynamoDB } from '@rollcall/kit/aws/clients';
import { addresses, readEnvironment, text } from '@rollcall/kit/aws/environment';
import { createOutbox } from '@rollcall/kit/messaging/outbox';
import { createRelay } from '@rollcall/kit/messaging/relay';
import { relayFunctions } from '@rollcall/kit/messaging/relay-functions';
import { createSender } from '@rollcall/kit/messaging/sender';
import { publishByTopics } from '@rollcall/kit/messaging/topics';
import { createObservability } from '@rollcall/kit/observability/observability';
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
