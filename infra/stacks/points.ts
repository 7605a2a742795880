import { Consumer, type ServiceProps, Subscriber } from '@rollcall/cdk';

import type { Stack } from 'aws-cdk-lib';
import { commandConsumer } from '../../functions/points/commands.consumer.ts';
import { eventConsumer } from '../../functions/points/events.consumer.ts';
import { routes } from '../../shared/contracts/routes.ts';
import type { Stage } from '../stages.ts';

/** Adds the points service, which stores the members' points. */
export function addPoints(stack: Stack, props: ServiceProps<Stage>): void {
  const subscriber = new Subscriber(stack, 'Subscriber', {
    ...props,
    consumer: eventConsumer,
    entry: 'functions/points/events.handler.ts',
    environment: { BONUS: JSON.stringify(props.stage.registrationBonus) },
  });
  subscriber.addReadRoute(props.api, routes.readPoints, 'functions/points/read.handler.ts', 'Query');
  const commands = new Consumer(stack, 'Commands', {
    ...props,
    consumer: commandConsumer,
    entry: 'functions/points/commands.handler.ts',
  });
  commands.uses('POINTS_TABLE', subscriber.table, 'GetItem', 'UpdateItem', 'PutItem');
}
