import type { RollcallApp } from '@rollcall/cdk';
import { eventConsumer } from '../functions/notification/events.consumer.ts';
import { requestConsumer } from '../functions/notification/requests.consumer.ts';
import { addPushProvider } from './push.ts';

export function addNotification(rides: RollcallApp): void {
  addPushProvider(
    rides,
    rides.subscriber(eventConsumer, { entry: 'functions/notification/events.handler.ts' }),
    rides.consumer(requestConsumer, { entry: 'functions/notification/requests.handler.ts' }),
  );
}
