import { Consumer } from '@rollcall/cdk/consumer';
import { Subscriber } from '@rollcall/cdk/subscriber';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { commandConsumer } from '../../functions/points/commands.consumer.ts';
import { eventConsumer } from '../../functions/points/events.consumer.ts';
import { routes } from '../../shared/contracts/routes.ts';
import type { ServiceProps } from './foundation.ts';

/** Keeps the members' points. */
export class PointsStack extends Stack {
  constructor(scope: Construct, id: string, { stage, channels, api, alarms, governance }: ServiceProps) {
    super(scope, id);
    const subscriber = new Subscriber(this, 'Subscriber', {
      stage,
      consumer: eventConsumer,
      entry: 'functions/points/events.handler.ts',
      channels,
      environment: { BONUS: JSON.stringify(stage.registrationBonus) },
      alarms,
      governance,
    });
    subscriber.addReadRoute(api, routes.readPoints, 'functions/points/read.handler.ts', 'Query');

    const commands = new Consumer(this, 'Commands', {
      stage,
      consumer: commandConsumer,
      entry: 'functions/points/commands.handler.ts',
      channels,
      alarms,
      governance,
    });
    commands.uses('POINTS_TABLE', subscriber.table, 'GetItem', 'UpdateItem', 'PutItem');
  }
}
