import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type CommandContext, createOutboxWriter, draftTo } from '@rollcall/kit/messaging';
import type * as z from 'zod';
import { accept, complete, decline, dispatchAnswers } from '../../shared/dispatch-channels.ts';
import type { driverAnswer } from '../../shared/routes.ts';

export interface AnswersOptions {
  client: DynamoDBDocumentClient;
  DRIVER_TABLE: string;
  OUTBOX_TABLE: string;
}

const COMMANDS = { accept, decline, complete };

export function createAnswers({ client, DRIVER_TABLE: TableName, OUTBOX_TABLE: outboxTable }: AnswersOptions) {
  const writer = createOutboxWriter({ client, outboxTable, source: '/rides/driver', countersTable: TableName });
  return {
    /**
     * Stores a driver's answer and sends the command for it to the dispatch service, in one transaction. A repetition
     * has no further effect.
     */
    async store(
      driverId: string,
      { tripId, answer }: z.output<typeof driverAnswer>,
      context: CommandContext,
    ): Promise<'done' | 'busy'> {
      const { result } = await writer.commit(
        {
          put: {
            TableName,
            Item: { pk: `${driverId}/${tripId}/${answer}`, at: context.now.toISOString() },
            ConditionExpression: 'attribute_not_exists(pk)',
          },
          send: [draftTo(dispatchAnswers, COMMANDS[answer], { tripId, driverId })],
        },
        context,
      );
      return result === 'busy' ? 'busy' : 'done';
    },
  };
}
