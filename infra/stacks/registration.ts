import { ApiStage, Consumer, Outbox, ServiceFunction, ServiceTable } from '@rollcall/cdk';
import type { ConsumerDescriptor } from '@rollcall/kit/contracts';
import { Duration, type Stack } from 'aws-cdk-lib';
import { AttributeType, ProjectionType } from 'aws-cdk-lib/aws-dynamodb';
import { AccountRootPrincipal, PolicyDocument, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { outcomeConsumer } from '../../functions/registration/outcomes.consumer.ts';
import { replyConsumer } from '../../functions/registration/replies.consumer.ts';
import { capabilities } from '../../shared/config/capabilities.ts';
import { memberEvents, pointsCommands } from '../../shared/contracts/channels.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { type RpcRoute, rpcRegister, rpcRoutes, rpcWatch } from '../../shared/contracts/rpc.ts';
import type { PhoneServiceProps } from '../constructs/pseudonyms.ts';

/** The index for finding the operations of a member. */
const MEMBER_INDEX = 'of-member';

/** The capability whose mode is checked by every function that changes members. */
const REGISTRATION_CAPABILITY = { name: 'registration', modes: capabilities.registration };

/** The entry files of the REST handlers that are not in `api.handler.ts`. */
const ENTRIES: Readonly<Record<string, string>> = {
  register: 'register',
  redeem: 'redemptions',
  readOperation: 'redemptions',
};

/**
 * A request may wait for its result for 20 seconds (functions/registration/prefer.ts). The API times out after 30
 * seconds.
 */
const WAITING_TIMEOUT = Duration.seconds(29);

/** Adds the registration service: members, their operations and outbox, and the functions of the API. */
export function addRegistration(stack: Stack, props: PhoneServiceProps): void {
  const { stage, channels, api, alarms, governance, pseudonyms } = props;
  const outbox = new Outbox(stack, 'Outbox', {
    stage,
    service: 'registration',
    unnamed: true,
    entry: 'functions/registration/publish.handler.ts',
    channels,
    sendsTo: [memberEvents, pointsCommands],
    alarms,
  });
  const members = new ServiceTable(stack, 'Members', {
    stage,
    name: 'members',
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    // The marks of the phones of former members (`PhoneMark`) expire.
    timeToLiveAttribute: 'expiresAt',
    globalSecondaryIndexes: [
      {
        indexName: MEMBER_INDEX,
        partitionKey: { name: 'memberId', type: AttributeType.STRING },
        projectionType: ProjectionType.KEYS_ONLY,
      },
    ],
  });
  const addReplyConsumer = (
    id: string,
    consumer: ConsumerDescriptor,
    entry: string,
    gathers: boolean,
    actions: string[],
  ) => {
    const added = new Consumer(stack, id, {
      ...props,
      consumer,
      entry: `functions/registration/${entry}.handler.ts`,
      gathers,
    });
    added.uses('MEMBERS_TABLE', members, ...actions);
    return added;
  };
  const replies = addReplyConsumer('Replies', replyConsumer, 'replies', true, ['GetItem', 'UpdateItem', 'DeleteItem']);
  replies.extend({}, (fn) => members.allowOnIndex(fn, MEMBER_INDEX, 'Query'));
  const outcomeActions = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'];
  addReplyConsumer('Outcomes', outcomeConsumer, 'outcomes', false, outcomeActions).uses(
    'OUTBOX_TABLE',
    outbox.table,
    'PutItem',
  );

  const limits = new ServiceTable(stack, 'Limits', {
    stage,
    name: 'registration-limits',
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
  });
  const environment = {
    MEMBERS_TABLE: members.tableName,
    OUTBOX_TABLE: outbox.table.tableName,
    LIMITS_TABLE: limits.tableName,
    LIMITS: JSON.stringify(stage.registrations),
    SCOPES: JSON.stringify(stage.tokens.scopes),
    PHONES_REMEMBERED_DAYS: JSON.stringify(stage.phonesRememberedDays),
    DIRECTORY: channels.directory,
    SWITCHES_TABLE: governance.environment.SWITCHES_TABLE,
    ...pseudonyms.environment,
    ...(stage.basePath !== null && { BASE_PATH: stage.basePath.replace('{api}', api.apiId) }),
  };

  const shared = { ...props, members, outbox, limits, environment };
  const rest = addRest(stack, shared);
  const rpc = addRpc(stack, shared);
  addDocs(stack, shared);

  const { registrationsPerSecond, waitsPerSecond } = stage.throttling;
  // `rest.readOperation` contains the route of GET, whose requests may wait, and the route of HEAD, whose requests do
  // not.
  const waitingRoutes = [...rest.redeem, ...rest.readOperation.slice(0, 1), ...rpc(rpcWatch)];
  new ApiStage(stack, 'Stage', {
    stage,
    api,
    alarms,
    limits: [
      { routes: [...rest.register, ...rpc(rpcRegister)], perSecond: registrationsPerSecond },
      { routes: waitingRoutes, perSecond: Math.floor(waitsPerSecond / waitingRoutes.length) },
    ],
  });
}

interface RegistrationProps extends PhoneServiceProps {
  members: ServiceTable;
  outbox: Outbox;
  limits: ServiceTable;
  /** The environment of the REST functions and of the RPC function. */
  environment: Record<string, string>;
}

/** Adds the REST routes. @returns the routes that have their own rate limits */
function addRest(scope: Construct, props: RegistrationProps) {
  const { stage, channels, api, governance, pseudonyms, members, outbox, limits, environment } = props;
  // Creates a function with the given permissions on the members' table, and optionally with permission to write to the
  // outbox. A transaction requires the permissions of its writes.
  const apiFunction = (handler: string, actions: string[], writesOutbox = false, timeout?: Duration) => {
    const fn = new ServiceFunction(scope, handler, {
      stage,
      name: `registration-${handler}`,
      entry: `functions/registration/${ENTRIES[handler] ?? 'api'}.handler.ts`,
      handler,
      environment,
      ...(timeout && { timeout }),
    });
    if (actions.length > 0) members.allow(fn, ...actions);
    // A function that writes to the outbox changes a member or its points, so it checks whether changes are allowed.
    if (writesOutbox) {
      outbox.table.allow(fn, 'PutItem');
      governance.allowReadingSwitches(fn, REGISTRATION_CAPABILITY);
    }
    return fn;
  };

  api.addServiceRoute(scope, 'Root', routes.readRoot, apiFunction('root', []));
  const register = apiFunction('register', ['PutItem'], true);
  limits.allow(register, 'UpdateItem');
  pseudonyms.allow(register);
  const registered = api.addServiceRoute(scope, 'Register', routes.register, register);
  api.addServiceRoute(scope, 'ReadMember', routes.readMember, apiFunction('read', ['GetItem']));
  api.addServiceRoute(scope, 'ReadMemberV2', routes.readMemberV2, apiFunction('readV2', ['GetItem']));
  api.addServiceRoute(scope, 'ChangeMember', routes.changeMember, apiFunction('change', ['GetItem', 'PutItem'], true));
  const deactivate = apiFunction('deactivate', ['GetItem', 'PutItem'], true);
  pseudonyms.allow(deactivate);
  channels.allowListingSubscribers(deactivate, memberEvents);
  api.addServiceRoutes(scope, deactivate, {
    DeactivateMember: routes.deactivateMember,
    DeactivateMemberV2: routes.deactivateMemberV2,
  });
  api.addServiceRoute(
    scope,
    'ChangeMemberV2',
    routes.changeMemberV2,
    apiFunction('changeV2', ['GetItem', 'PutItem'], true),
  );
  api.addServiceRoute(scope, 'ReadErasure', routes.readErasure, apiFunction('readErasureOf', ['GetItem']));
  api.addServiceRoute(scope, 'ReadOnboarding', routes.readOnboarding, apiFunction('readOnboarding', ['GetItem']));
  const redeem = apiFunction(
    'redeem',
    ['GetItem', 'PutItem', 'UpdateItem', 'ConditionCheckItem'],
    true,
    WAITING_TIMEOUT,
  );
  const redeemed = api.addServiceRoute(scope, 'Redeem', routes.redeem, redeem);
  const readOperation = apiFunction('readOperation', ['GetItem', 'PutItem'], false, WAITING_TIMEOUT);
  const operationRead = api.addServiceRoute(scope, 'ReadOperation', routes.readOperation, readOperation);
  api.addServiceRoute(scope, 'Unrouted', 'everything else', apiFunction('unrouted', []));
  return { register: registered, redeem: redeemed, readOperation: operationRead };
}

/** Adds MemberService, and the role that may call it. @returns a function that finds the routes of a method */
function addRpc(scope: Construct, props: RegistrationProps) {
  const { stage, channels, api, governance, pseudonyms, members, outbox, limits, environment } = props;
  const rpc = new ServiceFunction(scope, 'rpc', {
    stage,
    name: 'registration-rpc',
    entry: 'functions/registration/rpc.handler.ts',
    handler: 'rpc',
    environment,
    timeout: WAITING_TIMEOUT,
  });
  members.allow(rpc, 'GetItem', 'PutItem', 'UpdateItem', 'ConditionCheckItem');
  outbox.table.allow(rpc, 'PutItem');
  limits.allow(rpc, 'UpdateItem');
  governance.allowReadingSwitches(rpc, REGISTRATION_CAPABILITY);
  pseudonyms.allow(rpc);
  channels.allowListingSubscribers(rpc, memberEvents);
  const rpcByName = new Map(
    rpcRoutes.map((route) => [route.name, api.addServiceRoute(scope, `Rpc${route.name}`, route, rpc)]),
  );
  // Other services assume this role to call MemberService. Their own policies must allow them to assume it.
  new Role(scope, 'RpcClient', {
    roleName: `${stage.app}-${stage.name}-rpc-client`,
    assumedBy: new AccountRootPrincipal(),
    inlinePolicies: {
      rpc: new PolicyDocument({
        statements: [
          new PolicyStatement({
            actions: ['execute-api:Invoke'],
            resources: rpcRoutes.map((route) => api.arnOf(route)),
          }),
        ],
      }),
    },
  });
  return ({ name }: RpcRoute) => rpcByName.get(name) ?? [];
}

/** Adds the routes of the API's documentation. */
function addDocs(scope: Construct, { stage, api }: RegistrationProps): void {
  const docsFunction = (handler: string) =>
    new ServiceFunction(scope, handler, {
      stage,
      name: `registration-${handler}`,
      entry: 'functions/registration/docs.handler.ts',
      handler,
    });
  api.addServiceRoute(scope, 'ReadOpenApi', routes.readOpenApi, docsFunction('readOpenApi'));
  api.addServiceRoute(scope, 'ReadDocs', routes.readDocs, docsFunction('readDocs'));
}
