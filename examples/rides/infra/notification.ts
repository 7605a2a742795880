import type { RollcallApp } from '@rollcall/cdk';
import { eventConsumer } from '../functions/notification/events.consumer.ts';
import { requestConsumer } from '../functions/notification/requests.consumer.ts';
import { pushes } from './push.ts';

export function addNotification(rides: RollcallApp): void {
  pushes(
    rides,
    rides.subscriber(eventConsumer, { entry: 'functions/notification/events.handler.ts' }),
    rides.consumer(requestConsumer, { entry: 'functions/notification/requests.handler.ts' }),
  );
}
