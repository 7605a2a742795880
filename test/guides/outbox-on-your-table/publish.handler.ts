import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { clientDefaults, createDynamoDB } from '@rollcall/kit/aws';
import { createOutbox, createRelay, createSender, publishByTopics, relayFunctions } from '@rollcall/kit/messaging';
import { createObservability } from '@rollcall/kit/observability';

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
