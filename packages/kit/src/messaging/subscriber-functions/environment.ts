import * as z from 'zod';
import { addresses, readEnvironment, text } from '../../aws/environment.ts';
import type { ConsumerSettings } from '../consumer-functions.ts';

/**
 * What the construct Consumer tells both functions of a consumer: its `TABLE`, its `QUEUE_URL`, the queues of its dead
 * letters (`DEAD_LETTERS_URL`) and of what SNS could not deliver (`UNDELIVERED_URL`), whether it `JOINS_LATE`, the
 * `CHANNELS` that it may send to, the `SWITCHES_TABLE` and, if senders are verified, the `SENDER_PREFIX` of the stage's
 * functions.
 * @throws {Error} in a function of another name: it was deployed with the handlers of this consumer
 */
export function environmentOf(consumer: string): ConsumerSettings {
  const environment = readEnvironment(
    z.object({
      AWS_LAMBDA_FUNCTION_NAME: text,
      TABLE: text,
      QUEUE_URL: text,
      DEAD_LETTERS_URL: text,
      UNDELIVERED_URL: text.optional(),
      JOINS_LATE: z.stringbool(),
      CHANNELS: addresses,
      SWITCHES_TABLE: text,
      SENDER_PREFIX: text.optional(),
    }),
  );
  const { AWS_LAMBDA_FUNCTION_NAME: name } = environment;
  if (!name.endsWith(`-${consumer}-consume`) && !name.endsWith(`-${consumer}-sweep`))
    throw new Error(
      `the function ${name} has the handlers of consumer ${consumer}: its \`entry\` is another consumer's`,
    );
  return {
    tableName: environment.TABLE,
    queueUrl: environment.QUEUE_URL,
    deadLettersUrl: environment.DEAD_LETTERS_URL,
    undeliveredUrl: environment.UNDELIVERED_URL,
    joinsLate: environment.JOINS_LATE,
    channels: environment.CHANNELS,
    switchesTable: environment.SWITCHES_TABLE,
    senderPrefix: environment.SENDER_PREFIX,
  };
}
