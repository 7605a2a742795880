import { CfnOutput, Stack } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { routes } from '../../shared/contracts/routes.ts';
import { addRoute } from '../constructs/api-route.ts';
import { EventTopic } from '../constructs/event-topic.ts';
import { Outbox } from '../constructs/outbox.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import { ServiceTable } from '../constructs/service-table.ts';
import type { Stage } from '../stages.ts';

/** Members, their outbox, the topic of their events, and the API. */
export class RegistrationStack extends Stack {
  readonly api: HttpApi;
  readonly memberEvents: EventTopic;

  constructor(scope: Construct, id: string, { stage, alarms }: { stage: Stage; alarms: ITopic }) {
    super(scope, id);
    this.memberEvents = new EventTopic(this, 'MemberEvents', { name: `rollcall-${stage.name}-member-events` });
    const outbox = new Outbox(this, 'Outbox', {
      stage,
      entry: 'functions/registration/publish.handler.ts',
      topic: this.memberEvents,
      alarms,
    });
    const members = new ServiceTable(this, 'Members', {
      stage,
      tableName: `rollcall-${stage.name}-members`,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
    });

    this.api = new HttpApi(this, 'Api', { apiName: `rollcall-${stage.name}` });
    const apiFunction = (handler: string) =>
      new ServiceFunction(this, handler, {
        stage,
        name: `registration-${handler}`,
        entry: 'functions/registration/api.handler.ts',
        handler,
        environment: { MEMBERS_TABLE: members.tableName, OUTBOX_TABLE: outbox.table.tableName },
      });

    const register = apiFunction('register');
    const read = apiFunction('read');
    const change = apiFunction('change');
    const deactivate = apiFunction('deactivate');
    // A transaction needs the rights of the writes that it is made of.
    members.grant(register, 'dynamodb:PutItem');
    members.grant(read, 'dynamodb:GetItem');
    members.grant(change, 'dynamodb:GetItem', 'dynamodb:PutItem');
    members.grant(deactivate, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem');
    for (const writer of [register, change, deactivate]) outbox.table.grant(writer, 'dynamodb:PutItem');

    addRoute(this, 'Register', this.api, routes.register, register);
    addRoute(this, 'ReadMember', this.api, routes.readMember, read);
    addRoute(this, 'ChangeMember', this.api, routes.changeMember, change);
    addRoute(this, 'DeactivateMember', this.api, routes.deactivateMember, deactivate);
    addRoute(this, 'Unrouted', this.api, 'everything else', apiFunction('unrouted'));
    new CfnOutput(this, 'ApiUrl', { value: this.api.apiEndpoint });
  }
}
