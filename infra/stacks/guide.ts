import { Subscriber } from '@rollcall/cdk/subscriber';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { eventConsumer } from '../../functions/guide/events.consumer.ts';
import { capabilities } from '../../shared/config/capabilities.ts';
import { routes } from '../../shared/contracts/routes.ts';
import type { ServiceProps } from './foundation.ts';

/** Puts a guide journey into every member's inbox. */
export class GuideStack extends Stack {
  constructor(scope: Construct, id: string, { stage, channels, api, alarms, governance }: ServiceProps) {
    super(scope, id);
    const subscriber = new Subscriber(this, 'Subscriber', {
      stage,
      consumer: eventConsumer,
      entry: 'functions/guide/events.handler.ts',
      channels,
      alarms,
      governance,
    });
    const read = subscriber.addReadRoute(api, routes.readGuide, 'functions/guide/read.handler.ts', 'GetItem');
    governance.allowReadingSwitches(read, { name: 'guide', modes: capabilities.guide });
  }
}
