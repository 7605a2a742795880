import { readEnvironment, text } from '@rollcall/kit/aws';
import { subscriberFunctions } from '@rollcall/kit/messaging';
import * as z from 'zod';
import { commandConsumer } from './commands.consumer.ts';
import { commandHandlers } from './commands.ts';

const { POINTS_TABLE } = readEnvironment(z.object({ POINTS_TABLE: text }));

export const { consume, sweep } = subscriberFunctions(commandConsumer, (context) =>
  commandHandlers({ ...context, pointsTable: POINTS_TABLE }),
);
