import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { clientDefaults, createDynamoDB } from '../aws/clients.ts';
import { addresses as addressesOf, readEnvironment, text } from '../aws/environment.ts';
import { createObservability } from '../observability/observability.ts';
import type { ClaimCheck } from './claim-check.ts';
import { createLaterSweep } from './later/sweep.ts';
import { createOutbox } from './outbox.ts';
import { createRelay } from './relay.ts';
import { relayFunctions } from './relay-functions.ts';
import { type Addresses, createSender } from './sender.ts';
import { publishByTopics } from './topics.ts';

/** The tables of an outbox, and the destinations of its messages. */
export interface OutboxSettings {
  /** The outbox table. */
  tableName: string;
  /** Table of scheduled messages. Default: no messages can be scheduled. */
  laterTable?: string;
  /** The ARN of each topic and the URL of each queue, by channel name. */
  addresses: Addresses;
  /** Service name in logs and metrics if `POWERTOOLS_SERVICE_NAME` is not set. Default: `relay`. */
  service?: string;
  /** Erases the data of large messages. Required if a publisher of this outbox has a claim check. */
  claimCheck?: ClaimCheck;
}

/**
 * Creates the two Lambda functions that publish an outbox's messages: `relay`, which the stream of the outbox triggers,
 * and `sweep`, which a timer triggers.
 * @param given settings. Default: read from the environment variables that the construct `Outbox` of `@rollcall/cdk`
 * sets: OUTBOX_TABLE; CHANNELS, the addresses as JSON; and LATER_TABLE, if messages can be scheduled
 * @throws {Error} if the settings are read from the environment, and OUTBOX_TABLE or CHANNELS is missing or invalid
 * @public
 */
export function outboxFunctions(given: OutboxSettings | Pick<OutboxSettings, 'claimCheck'> = {}) {
  const settings: OutboxSettings = 'tableName' in given ? given : { ...settingsFromEnvironment(), ...given };
  const { tableName, laterTable, addresses, service = 'relay', claimCheck } = settings;
  const client = createDynamoDB();
  const outbox = createOutbox({ client, tableName });
  const sender = createSender({
    publish: publishByTopics(new SNSClient(clientDefaults)),
    sqs: new SQSClient(clientDefaults),
    addresses,
  });
  const observability = createObservability(service);
  const now = () => new Date();
  const later =
    laterTable !== undefined
      ? createLaterSweep({ client, laterTable, outboxTable: tableName, now }, observability)
      : undefined;
  return relayFunctions(
    createRelay({ outbox, sender, ...(claimCheck && { erase: claimCheck.erase }) }),
    outbox,
    observability,
    now,
    later,
  );
}

function settingsFromEnvironment(): OutboxSettings {
  const schema = z.object({ OUTBOX_TABLE: text, CHANNELS: addressesOf, LATER_TABLE: text.optional() });
  const { OUTBOX_TABLE: tableName, LATER_TABLE: laterTable, CHANNELS: addresses } = readEnvironment(schema);
  return { tableName, addresses, ...(laterTable !== undefined && { laterTable }) };
}
