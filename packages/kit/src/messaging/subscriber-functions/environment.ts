import * as z from 'zod';
import { addresses, readEnvironment, text } from '../../aws/environment.ts';
import type { ConsumerSettings } from '../consumer-functions.ts';

/**
 * Reads the environment variables that the construct Consumer sets for both functions of a consumer: `TABLE`,
 * `QUEUE_URL`, `DEAD_LETTERS_URL` (dead-letter queue of the queue), `JOINS_LATE`, `CHANNELS` (addresses of the channels
 * that the consumer may send to) and `SWITCHES_TABLE`. If the queue is subscribed to a topic, the construct also sets
 * `UNDELIVERED_URL` (dead-letter queue of the subscription). If senders are verified, it also sets `SENDER_PREFIX`
 * (name prefix of the stage's functions).
 * @throws {Error} if an environment variable is missing or invalid, or if the name of the Lambda function shows that
 * the function belongs to another consumer
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
    throw new Error(`the function ${name} has the handlers of consumer ${consumer}: fix its \`entry\``);
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
