import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { routes } from '../../shared/contracts/routes.ts';
import { Subscriber } from '../constructs/subscriber.ts';
import type { ServiceProps } from './foundation.ts';

/** Puts a guide journey into every member's inbox. */
export class GuideStack extends Stack {
  constructor(scope: Construct, id: string, { stage, memberEvents, api, alarms }: ServiceProps) {
    super(scope, id);
    const subscriber = new Subscriber(this, 'Subscriber', {
      stage,
      name: 'guide',
      topic: memberEvents,
      entry: 'functions/guide/events.handler.ts',
      alarms,
    });
    subscriber.addReadRoute(api, routes.readGuide, 'functions/guide/read.handler.ts', 'dynamodb:GetItem');
  }
}
