import * as z from 'zod';
import { addresses, readEnvironment, text } from '../../aws/environment.ts';

/**
 * What the construct Consumer tells both functions of a consumer.
 * @throws {Error} in a function of another name: it was deployed with the handlers of this consumer
 */
export function environmentOf(consumer: string) {
  const { AWS_LAMBDA_FUNCTION_NAME: name, ...environment } = readEnvironment(
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
  if (name.endsWith(`-${consumer}-consume`) || name.endsWith(`-${consumer}-sweep`)) return environment;
  throw new Error(`the function ${name} has the handlers of consumer ${consumer}: its \`entry\` is another consumer's`);
}
