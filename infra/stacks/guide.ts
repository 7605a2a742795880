import { Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { routes } from '../../shared/contracts/routes.ts';
import { addRoute } from '../constructs/api-route.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import { Subscriber } from '../constructs/subscriber.ts';
import type { Stage } from '../stages.ts';

/** Puts a guide journey into every member's inbox. */
export class GuideStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    props: { stage: Stage; memberEvents: ITopic; api: HttpApi; alarms: ITopic },
  ) {
    super(scope, id);
    const { stage, memberEvents, api, alarms } = props;
    const { table } = new Subscriber(this, 'Subscriber', {
      stage,
      name: 'guide',
      topic: memberEvents,
      entry: 'functions/guide/events.handler.ts',
      alarms,
    });
    const read = new ServiceFunction(this, 'read', {
      stage,
      name: 'guide-read',
      entry: 'functions/guide/read.handler.ts',
      handler: 'read',
      environment: { TABLE: table.tableName },
    });
    table.grant(read, 'dynamodb:GetItem');
    addRoute(this, 'ReadGuide', api, routes.readGuide, read);
  }
}
