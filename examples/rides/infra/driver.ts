import type { RollcallApp } from '@rollcall/cdk';
import { offerConsumer } from '../functions/driver/offers.consumer.ts';
import { dispatchAnswers } from '../shared/dispatch-channels.ts';
import { driverRoutes as routes } from '../shared/routes.ts';
import { addPushProvider } from './push.ts';

export function addDriver(rides: RollcallApp): void {
  rides.publisher('driver', { sends: [dispatchAnswers], routes });
  addPushProvider(rides, rides.subscriber(offerConsumer, { entry: 'functions/driver/offers.handler.ts' }));
}
