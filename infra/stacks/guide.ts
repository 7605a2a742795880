import { type ServiceProps, Subscriber } from '@rollcall/cdk';
import type { Stack } from 'aws-cdk-lib';
import { eventConsumer } from '../../functions/guide/events.consumer.ts';
import { capabilities } from '../../shared/config/capabilities.ts';
import { routes } from '../../shared/contracts/routes.ts';

/** Adds the guide service, which gives every member a guide. */
export function addGuide(stack: Stack, props: ServiceProps): void {
  const subscriber = new Subscriber(stack, 'Subscriber', {
    ...props,
    consumer: eventConsumer,
    entry: 'functions/guide/events.handler.ts',
  });
  const read = subscriber.addReadRoute(props.api, routes.readGuide, 'functions/guide/read.handler.ts', 'GetItem');
  props.governance.allowReadingSwitches(read, { name: 'guide', modes: capabilities.guide });
}
