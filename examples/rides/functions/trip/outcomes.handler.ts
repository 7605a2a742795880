import { readEnvironment, text } from '@rollcall/kit/aws';
import { subscriberFunctions } from '@rollcall/kit/messaging';
import * as z from 'zod';
import { outcomeConsumer } from './outcomes.consumer.ts';
import { outcomeKey } from './store.ts';

const { TRIP_TABLE: tableName } = readEnvironment(z.object({ TRIP_TABLE: text }));

export const { consume, sweep } = subscriberFunctions(outcomeConsumer, () => ({
  'rides.trip.outcome.v1': ({ data: { tripId, outcome, driverId } }) => ({
    setOnce: { tableName, key: outcomeKey(tripId), attributes: { [outcome]: true, ...(driverId && { driverId }) } },
  }),
}));
