import type { RollcallApp } from '@rollcall/cdk';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { outcomeConsumer } from '../functions/trip/outcomes.consumer.ts';
import { requestConsumer } from '../functions/trip/requests.consumer.ts';
import { passengerRoutes, tripRoutes as routes } from '../shared/routes.ts';
import { notificationRequests, tripEvents } from '../shared/trip-channels.ts';

export function addTrip(rides: RollcallApp): void {
  const { table, outbox } = rides.publisher('trip', { of: tripEvents, sends: [notificationRequests], routes });

  const requests = rides.consumer(requestConsumer, { entry: 'functions/trip/requests.handler.ts' });
  requests.uses('TRIP_TABLE', table, 'PutItem');
  requests.uses('OUTBOX_TABLE', outbox.table, 'PutItem');
  const { method, path } = passengerRoutes.permission;
  const mayInvoke = new PolicyStatement({
    actions: ['execute-api:Invoke'],
    resources: [rides.api.arnOf({ method, path: path.replace('{id}', '*') })],
  });
  requests.extend({ PASSENGER_API: rides.api.apiEndpoint }, (fn) => {
    rides.governance.allowBreaking(fn);
    fn.addToRolePolicy(mayInvoke);
  });

  const outcomes = rides.consumer(outcomeConsumer, { entry: 'functions/trip/outcomes.handler.ts', gathers: true });
  outcomes.uses('TRIP_TABLE', table, 'UpdateItem');
}
