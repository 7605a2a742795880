import { Duration, Stack } from 'aws-cdk-lib';
import { type CfnStage, HttpStage, type IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { memberEvents, pointsCommands, registrationReplies } from '../../shared/contracts/channels.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { rpcRoute, rpcWatchRoute } from '../../shared/contracts/rpc.ts';
import { addRoute } from '../constructs/api-route.ts';
import { Consumer } from '../constructs/consumer.ts';
import { Outbox } from '../constructs/outbox.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import { ServiceTable } from '../constructs/service-table.ts';
import type { ServiceProps } from './foundation.ts';

/** Members, their operations and outbox, and what the API does about them. */
export class RegistrationStack extends Stack {
  constructor(scope: Construct, id: string, { stage, channels, api, alarms, governance }: ServiceProps) {
    super(scope, id);
    const outbox = new Outbox(this, 'Outbox', {
      stage,
      entry: 'functions/registration/publish.handler.ts',
      channels,
      sendsTo: [memberEvents, pointsCommands],
      alarms,
    });
    const members = new ServiceTable(this, 'Members', {
      stage,
      tableName: `rollcall-${stage.name}-members`,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
    });
    const replies = new Consumer(this, 'Replies', {
      stage,
      name: registrationReplies.name,
      queue: channels.queue(registrationReplies),
      entry: 'functions/registration/replies.handler.ts',
      unordered: true,
      channels,
      alarms,
      governance,
    });
    replies.uses('MEMBERS_TABLE', members, 'GetItem', 'UpdateItem');
    replies.uses('OUTBOX_TABLE', outbox.table, 'PutItem');

    const limits = new ServiceTable(this, 'Limits', {
      stage,
      tableName: `rollcall-${stage.name}-registration-limits`,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
    });
    const environment = {
      MEMBERS_TABLE: members.tableName,
      OUTBOX_TABLE: outbox.table.tableName,
      LIMITS_TABLE: limits.tableName,
      LIMITS: JSON.stringify(stage.registrations),
      SWITCHES_TABLE: governance.environment.SWITCHES_TABLE,
    };

    // Which actions a function may use on the members' table, and whether it writes to the outbox. A transaction needs
    // the rights of the writes that it is made of.
    const apiFunction = (handler: string, actions: string[], writesOutbox = false, timeout?: Duration) => {
      const fn = new ServiceFunction(this, handler, {
        stage,
        name: `registration-${handler}`,
        entry: 'functions/registration/api.handler.ts',
        handler,
        environment,
        ...(timeout && { timeout }),
      });
      if (actions.length > 0) members.grant(fn, ...actions.map((action) => `dynamodb:${action}`));
      // Whoever writes to it changes something, and asks whether that may be.
      if (writesOutbox) {
        outbox.table.grant(fn, 'dynamodb:PutItem');
        governance.allowReadingSwitches(fn);
      }
      return fn;
    };
    // A client may wait for 20 seconds (shared/http/prefer.ts); the API gives up after 30.
    const waiting = Duration.seconds(29);

    addRoute(this, 'Root', api, routes.readRoot, apiFunction('root', []));
    const register = apiFunction('register', ['PutItem'], true);
    limits.grant(register, 'dynamodb:UpdateItem');
    const registerAdded = addRoute(this, 'Register', api, routes.register, register);
    addRoute(this, 'ReadMember', api, routes.readMember, apiFunction('read', ['GetItem']));
    addRoute(this, 'ReadMemberV2', api, routes.readMemberV2, apiFunction('readV2', ['GetItem']));
    addRoute(this, 'ChangeMember', api, routes.changeMember, apiFunction('change', ['GetItem', 'PutItem'], true));
    const deactivate = apiFunction('deactivate', ['GetItem', 'PutItem', 'DeleteItem'], true);
    addRoute(this, 'DeactivateMember', api, routes.deactivateMember, deactivate);
    addRoute(this, 'DeactivateMemberV2', api, routes.deactivateMemberV2, deactivate);
    addRoute(this, 'ChangeMemberV2', api, routes.changeMemberV2, apiFunction('changeV2', ['GetItem', 'PutItem'], true));
    addRoute(this, 'ReadOnboarding', api, routes.readOnboarding, apiFunction('readOnboarding', ['GetItem']));
    const redeem = apiFunction('redeem', ['GetItem', 'PutItem', 'UpdateItem', 'ConditionCheckItem'], true, waiting);
    const redeemAdded = addRoute(this, 'Redeem', api, routes.redeem, redeem);
    const readOperation = apiFunction('readOperation', ['GetItem', 'UpdateItem'], false, waiting);
    const operationAdded = addRoute(this, 'ReadOperation', api, routes.readOperation, readOperation);
    addRoute(this, 'Unrouted', api, 'everything else', apiFunction('unrouted', []));

    const rpc = new ServiceFunction(this, 'rpc', {
      stage,
      name: 'registration-rpc',
      entry: 'functions/registration/rpc.handler.ts',
      handler: 'rpc',
      environment,
      timeout: waiting,
    });
    const everyAction = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'];
    members.grant(rpc, ...everyAction.map((action) => `dynamodb:${action}`));
    outbox.table.grant(rpc, 'dynamodb:PutItem');
    limits.grant(rpc, 'dynamodb:UpdateItem');
    governance.allowReadingSwitches(rpc);
    const rpcAdded = addRoute(this, 'Rpc', api, rpcRoute, rpc);
    const rpcWatchAdded = addRoute(this, 'RpcWatch', api, rpcWatchRoute, rpc);

    const docsFunction = (handler: string) =>
      new ServiceFunction(this, handler, {
        stage,
        name: `registration-${handler}`,
        entry: 'functions/registration/docs.handler.ts',
        handler,
        environment: {},
      });
    addRoute(this, 'ReadOpenApi', api, routes.readOpenApi, docsFunction('readOpenApi'));
    addRoute(this, 'ReadDocs', api, routes.readDocs, docsFunction('readDocs'));

    // A stage can only limit routes that are there.
    const apiStage = new HttpStage(this, 'Stage', { httpApi: api as IHttpApi, autoDeploy: true });
    const cfnStage = apiStage.node.defaultChild as CfnStage;
    const { perSecond, burst, registrationsPerSecond, waitsPerSecond } = stage.throttling;
    cfnStage.defaultRouteSettings = { throttlingRateLimit: perSecond, throttlingBurstLimit: burst };
    const limit = ({ method, path }: { method: string; path: string }, rate: number) => ({
      [`${method} ${path}`]: { ThrottlingRateLimit: rate, ThrottlingBurstLimit: rate },
    });
    cfnStage.routeSettings = {
      ...limit(routes.register, registrationsPerSecond),
      ...limit(rpcRoute, registrationsPerSecond),
      ...limit(routes.redeem, waitsPerSecond),
      ...limit(routes.readOperation, waitsPerSecond),
      ...limit({ ...routes.readOperation, method: 'HEAD' }, waitsPerSecond),
      ...limit(rpcWatchRoute, waitsPerSecond),
    };
    cfnStage.node.addDependency(...registerAdded, ...rpcAdded, ...rpcWatchAdded, ...redeemAdded, ...operationAdded);
  }
}
