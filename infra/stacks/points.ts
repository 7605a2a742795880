import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { routes } from '../../shared/contracts/routes.ts';
import { Subscriber } from '../constructs/subscriber.ts';
import type { ServiceProps } from './foundation.ts';

/** Keeps the members' points. */
export class PointsStack extends Stack {
  constructor(scope: Construct, id: string, { stage, memberEvents, api, alarms }: ServiceProps) {
    super(scope, id);
    const subscriber = new Subscriber(this, 'Subscriber', {
      stage,
      name: 'points',
      topic: memberEvents,
      entry: 'functions/points/events.handler.ts',
      environment: { DEFAULT_BONUS: String(stage.defaultBonus) },
      alarms,
    });
    subscriber.addReadRoute(api, routes.readPoints, 'functions/points/read.handler.ts', 'dynamodb:Query');
  }
}
