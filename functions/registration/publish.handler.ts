import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { clientDefaults, createDynamoDB } from '../../shared/aws/clients.ts';
import { addresses, readEnvironment, text } from '../../shared/config/environment.ts';
import { createOutbox } from '../../shared/messaging/outbox.ts';
import { createRelay } from '../../shared/messaging/relay.ts';
import { relayFunctions } from '../../shared/messaging/relay-functions.ts';
import { createSender } from '../../shared/messaging/sender.ts';
import { publishByTopics } from '../../shared/messaging/topics.ts';
import { createObservability } from '../../shared/observability/observability.ts';

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
