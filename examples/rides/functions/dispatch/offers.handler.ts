import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import { createDynamoDB } from '@rollcall/kit/aws';
import { flushed } from '@rollcall/kit/observability';
import { v7 as newId } from 'uuid';
import { createDesk } from './desk.ts';
import { deskSettings } from './settings.ts';

const settings = deskSettings();
const client = createDynamoDB();
const desk = createDesk({ client, ...settings });

/** Woken by a timer: ends the offers whose time is over, and asks on. What the time runs out for, the next run does. */
export const expire = () =>
  flushed(async () => {
    const now = new Date();
    const pages = paginateQuery(
      { client },
      {
        TableName: settings.DISPATCH_TABLE,
        IndexName: 'due',
        KeyConditionExpression: 'due = :offer AND #until <= :now',
        ExpressionAttributeNames: { '#until': 'until' },
        ExpressionAttributeValues: { ':offer': 'offer', ':now': now.toISOString() },
      },
    );
    for await (const { Items = [] } of pages)
      for (const { tripId } of Items) await desk.expire(tripId, { now: new Date(), newId });
  });
