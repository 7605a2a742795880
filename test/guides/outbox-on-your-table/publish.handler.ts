import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { clientDefaults, createDynamoDB } from '@rollcall/kit/internal/aws/clients';
import { createOutbox } from '@rollcall/kit/internal/messaging/outbox';
import { createRelay } from '@rollcall/kit/internal/messaging/relay';
import { relayFunctions } from '@rollcall/kit/internal/messaging/relay-functions';
import { createSender } from '@rollcall/kit/internal/messaging/sender';
import { publishByTopics } from '@rollcall/kit/internal/messaging/topics';
import { createObservability } from '@rollcall/kit/internal/observability/observability';

// ORDER_EVENTS: the ARN of your topic, or the URL of your queue.
const { OUTBOX_TABLE = '', ORDER_EVENTS = '' } = process.env;

const outbox = createOutbox({ client: createDynamoDB(), tableName: OUTBOX_TABLE });
const sender = createSender({
  publish: publishByTopics(new SNSClient(clientDefaults)),
  sqs: new SQSClient(clientDefaults),
  addresses: { 'order-events': ORDER_EVENTS },
});

export const { relay, sweep } = relayFunctions(
  createRelay({ outbox, sender }),
  outbox,
  createObservability('order-events'),
  () => new Date(),
);
