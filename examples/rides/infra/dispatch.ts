import { type RollcallApp, ServiceFunction, ServiceTable } from '@rollcall/cdk';
import { Duration } from 'aws-cdk-lib';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { answerConsumer } from '../functions/dispatch/answers.consumer.ts';
import { tripConsumer } from '../functions/dispatch/trips.consumer.ts';
import { dispatchEvents } from '../shared/dispatch-channels.ts';
import { dispatchRoutes } from '../shared/routes.ts';
import { tripOutcomes } from '../shared/trip-channels.ts';

const OFFER = Duration.seconds(20);
const string = (name: string) => ({ name, type: AttributeType.STRING });

export function addDispatch(rides: RollcallApp): void {
  const { stage } = rides;
  const { stack, table, outbox } = rides.publisher('dispatch', {
    of: dispatchEvents,
    sends: [tripOutcomes],
    routes: {},
  });
  table.addGlobalSecondaryIndex({ indexName: 'due', partitionKey: string('due'), sortKey: string('until') });
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

  const expire = new ServiceFunction(stack, 'expire', {
    ...{ stage, name: 'dispatch-expire', entry: 'functions/dispatch/offers.handler.ts', handler: 'expire' },
    timeout: Duration.minutes(1),
  });
  table.allowOnIndex(expire, 'due', 'Query');
  new Rule(stack, 'EveryMinute', {
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [new LambdaFunction(expire)],
  });

  const trips = rides.subscriber(tripConsumer, { entry: 'functions/dispatch/trips.handler.ts' });
  const answers = rides.consumer(answerConsumer, { entry: 'functions/dispatch/answers.handler.ts' });
  const useDesk = (fn: ServiceFunction) => {
    fn.addEnvironment('OFFER_SECONDS', String(OFFER.toSeconds()));
    fn.uses('DISPATCH_TABLE', table, 'GetItem', 'PutItem');
    fn.uses('OUTBOX_TABLE', outbox.table, 'PutItem');
    fn.uses('DRIVERS_TABLE', drivers, 'UpdateItem');
    drivers.allowOnIndex(fn, 'cells', 'Query');
  };
  useDesk(expire);
  for (const consumer of [trips, answers]) consumer.extend({}, useDesk);
}
