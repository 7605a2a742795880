import { Stack } from 'aws-cdk-lib';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { routes } from '../../shared/contracts/routes.ts';
import { addRoute } from '../constructs/api-route.ts';
import { Outbox } from '../constructs/outbox.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import { ServiceTable } from '../constructs/service-table.ts';
import type { ServiceProps } from './foundation.ts';

/** Members, their outbox, and what the API does about them. */
export class RegistrationStack extends Stack {
  constructor(scope: Construct, id: string, { stage, memberEvents, api, alarms }: ServiceProps) {
    super(scope, id);
    const outbox = new Outbox(this, 'Outbox', {
      stage,
      entry: 'functions/registration/publish.handler.ts',
      topic: memberEvents,
      alarms,
    });
    const members = new ServiceTable(this, 'Members', {
      stage,
      tableName: `rollcall-${stage.name}-members`,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
    });

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

    addRoute(this, 'Register', api, routes.register, register);
    addRoute(this, 'ReadMember', api, routes.readMember, read);
    addRoute(this, 'ChangeMember', api, routes.changeMember, change);
    addRoute(this, 'DeactivateMember', api, routes.deactivateMember, deactivate);
    addRoute(this, 'Unrouted', api, 'everything else', apiFunction('unrouted'));
  }
}
