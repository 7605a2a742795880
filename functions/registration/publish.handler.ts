import { SNSClient } from '@aws-sdk/client-sns';
import * as z from 'zod';
import { clientDefaults, createDynamoDB } from '../../shared/aws/clients.ts';
import { readEnvironment, text } from '../../shared/config/environment.ts';
import { createOutbox } from '../../shared/messaging/outbox.ts';
import { createSnsPublisher } from '../../shared/messaging/publisher.ts';
import { createRelay } from '../../shared/messaging/relay.ts';
import { relayFunctions } from '../../shared/messaging/relay-functions.ts';
import { createObservability } from '../../shared/observability/observability.ts';

const environment = readEnvironment(z.object({ OUTBOX_TABLE: text, TOPIC_ARN: text }));

const outbox = createOutbox({ client: createDynamoDB(), tableName: environment.OUTBOX_TABLE });
const publisher = createSnsPublisher({ client: new SNSClient(clientDefaults), topicArn: environment.TOPIC_ARN });

export const { relay, sweep } = relayFunctions(
  createRelay({ outbox, publisher }),
  outbox,
  createObservability('relay'),
);
