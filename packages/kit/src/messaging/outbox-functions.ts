import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { clientDefaults, createDynamoDB } from '../aws/clients.ts';
import { addresses, readEnvironment, text } from '../aws/environment.ts';
import { createObservability } from '../observability/observability.ts';
import { createLaterSweep } from './later/sweep.ts';
import { createOutbox } from './outbox.ts';
import { createRelay } from './relay.ts';
import { relayFunctions } from './relay-functions.ts';
import { createSender } from './sender.ts';
import { publishByTopics } from './topics.ts';

/**
 * The two Lambda functions of the outbox that the environment names, as `Outbox` of `@rollcall/cdk` gives it: OUTBOX_TABLE;
 * CHANNELS, the addresses of channels by their names, as JSON; and LATER_TABLE, if messages may wait for later.
 * @throws {Error} if the environment lacks one of the first two
 */
export function outboxFunctions() {
  const environment = readEnvironment(
    z.object({ OUTBOX_TABLE: text, CHANNELS: addresses, LATER_TABLE: text.optional() }),
  );
  const { OUTBOX_TABLE: outboxTable, LATER_TABLE: laterTable } = environment;
  const client = createDynamoDB();
  const outbox = createOutbox({ client, tableName: outboxTable });
  const sender = createSender({
    publish: publishByTopics(new SNSClient(clientDefaults)),
    sqs: new SQSClient(clientDefaults),
    addresses: environment.CHANNELS,
  });
  const observability = createObservability('relay');
  const now = () => new Date();
  const later = laterTable ? createLaterSweep({ client, laterTable, outboxTable, now }, observability) : undefined;
  return relayFunctions(createRelay({ outbox, sender }), outbox, observability, now, later);
}
