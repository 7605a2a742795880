import { type RollcallApp, ServiceFunction, ServiceTable } from '@rollcall/cdk';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import { answerConsumer } from '../functions/dispatch/answers.consumer.ts';
import { tripConsumer } from '../functions/dispatch/trips.consumer.ts';
import { dispatchAnswers, dispatchEvents } from '../shared/dispatch-channels.ts';
import { dispatchRoutes } from '../shared/routes.ts';
import { tripOutcomes } from '../shared/trip-channels.ts';

const OFFER_SECONDS = '20';
const string = (name: string) => ({ name, type: AttributeType.STRING });

export function addDispatch(rides: RollcallApp): void {
  const { stage } = rides;
  const sends = [tripOutcomes, dispatchAnswers];
  const dispatch = rides.publisher('dispatch', { of: dispatchEvents, sends, later: true, routes: {} });
  const { stack } = dispatch;
  const drivers = new ServiceTable(stack, 'Drivers', { stage, name: 'dispatch-drivers', partitionKey: string('pk') });
  drivers.addGlobalSecondaryIndex({ indexName: 'cells', partitionKey: string('cell'), sortKey: string('heardAt') });

  const entry = 'functions/dispatch/api.handler.ts';
  const position = new ServiceFunction(stack, 'position', {
    stage,
    name: 'dispatch-position',
    entry,
    handler: 'position',
  });
  position.uses('DRIVERS_TABLE', drivers, 'UpdateItem');
  rides.api.addServiceRoute(stack, 'positionRoute', dispatchRoutes.position, position);

  const trips = rides.subscriber(tripConsumer, { entry: 'functions/dispatch/trips.handler.ts' });
  const answers = rides.consumer(answerConsumer, { entry: 'functions/dispatch/answers.handler.ts' });
  for (const consumer of [trips, answers]) {
    dispatch.letWrite(consumer);
    consumer.extend({ OFFER_SECONDS }, (fn) => drivers.allowOnIndex(fn, 'cells', 'Query'));
    consumer.uses('DRIVERS_TABLE', drivers, 'UpdateItem');
  }
}
