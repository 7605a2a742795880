import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import { createDynamoDB } from '@rollcall/kit/aws';
import { flushed } from '@rollcall/kit/observability';
import { v7 as newId } from 'uuid';
import { createDesk } from './desk.ts';
import { deskSettings } from './settings.ts';

const settings = deskSettings();
const client = createDynamoDB();
const desk = createDesk({ client, ...settings });

/**
 * Woken by a timer: ends the offers that are over at its `time`, and asks on. What it does not get done, the next run does.
 * https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
 */
export const expire = ({ time }: { time: string }) =>
  flushed(async () => {
    const at = new Date(time);
    const pages = paginateQuery(
      { client },
      {
        TableName: settings.DISPATCH_TABLE,
        IndexName: 'due',
        KeyConditionExpression: 'due = :offer AND #until <= :now',
        ExpressionAttributeNames: { '#until': 'until' },
        ExpressionAttributeValues: { ':offer': 'offer', ':now': at.toISOString() },
      },
    );
    for await (const { Items = [] } of pages)
      for (const { tripId } of Items) await desk.expire(tripId, at, { now: new Date(), newId });
  });
