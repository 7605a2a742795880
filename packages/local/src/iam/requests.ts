/** A permission that a call requires: an IAM action on a resource. */
export interface AskedFor {
  action: string;
  /** ARN. */
  resource: string;
  /** Condition keys of the call, such as `servicediscovery:ServiceName`. */
  context?: Record<string, string>;
}

export interface AccountAndRegion {
  region: string;
  accountId: string;
}

type Fields = Record<string, unknown>;

const TRANSACTION_ACTIONS: Record<string, string> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

/** Whether an action writes data. On an encrypted resource, such an action requires permission to encrypt. */
export const isWrite = (action: string) =>
  /^(dynamodb:(Put|Update|Delete|BatchWrite)Item|sqs:SendMessage|sns:Publish|s3:PutObject)$/.test(action);

/**
 * The permissions that IAM checks for a call, according to the Service Authorization Reference
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/). A batch requires the permissions of all its
 * entries, and a transaction requires the permissions of all its items.
 * @returns an empty array if the effect of the call is unknown; the call is then denied to every role
 */
export function permissionsFor(service: string, operation: string, body: string, place: AccountAndRegion): AskedFor[] {
  const arn = (name: string, resource: string) => `arn:aws:${name}:${place.region}:${place.accountId}:${resource}`;
  const singleOperation = operation.replace(/Batch$/, '');
  if (service === 'sns') {
    const form = new URLSearchParams(body);
    return [{ action: `sns:${singleOperation}`, resource: form.get('TopicArn') ?? '*' }];
  }
  const request = JSON.parse(body || '{}') as Fields;
  switch (service) {
    case 'dynamodb':
      return dynamodbPermissions(operation, request, (table) =>
        table.startsWith('arn:') ? table : arn('dynamodb', `table/${table}`),
      );
    case 'dynamodbstreams':
      return [{ action: `dynamodb:${operation}`, resource: String(request.StreamArn ?? '*') }];
    case 'sqs': {
      if (operation.includes('MessageMoveTask')) return movePermissions(operation, request);
      const queue = String(request.QueueUrl ?? request.QueueName ?? '')
        .split('/')
        .at(-1);
      return [{ action: `sqs:${singleOperation}`, resource: queue ? arn('sqs', queue) : '*' }];
    }
    case 'secretsmanager':
      return [{ action: `secretsmanager:${operation}`, resource: secretArn(request.SecretId, arn) }];
    case 'events':
      return eventsPermissions(operation, request, arn);
    case 'servicediscovery': {
      const context = Object.fromEntries(
        ['NamespaceName', 'ServiceName'].map((key) => [`servicediscovery:${key}`, String(request[key])]),
      );
      return [{ action: `servicediscovery:${operation}`, resource: '*', context }];
    }
    default:
      return [{ action: `${service}:${operation}`, resource: '*' }];
  }
}

/**
 * The ARN of the secret in a request; `*` for ListSecrets, which applies to all secrets.
 * @param id the secret's name or ARN; undefined for ListSecrets
 */
function secretArn(id: unknown, arn: (service: string, resource: string) => string): string {
  if (typeof id !== 'string') return '*';
  return id.startsWith('arn:') ? id : arn('secretsmanager', `secret:${id}`);
}

/**
 * A permission for each event, on the event's bus:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
 */
const eventsPermissions = (
  operation: string,
  { Entries = [] }: Fields,
  arn: (service: string, resource: string) => string,
) =>
  (Entries as Array<Record<string, string | undefined>>).map(({ EventBusName = 'default', Source, DetailType }) => ({
    action: `events:${operation}`,
    resource: EventBusName.startsWith('arn:') ? EventBusName : arn('events', `event-bus/${EventBusName}`),
    context: { 'events:source': Source ?? '', 'events:detail-type': DetailType ?? '' },
  }));

/**
 * Moving messages from a dead-letter queue requires permission to receive, delete and send messages, and to read the
 * queue's attributes
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html).
 * A call may leave out the destination. In that case, the destination of each message is known only when the message is
 * received, and the permission is checked at that time.
 */
function movePermissions(operation: string, { SourceArn, DestinationArn, TaskHandle }: Fields): AskedFor[] {
  const resource = String(SourceArn ?? sourceOf(String(TaskHandle)));
  const permissions = [operation, 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((action) => ({
    action: `sqs:${action}`,
    resource,
  }));
  if (DestinationArn === undefined) return permissions;
  return [...permissions, { action: 'sqs:SendMessage', resource: String(DestinationArn) }];
}

/** The ARN of the source queue in a task's handle. */
const sourceOf = (handle: string): string =>
  /"sourceArn":"([^"]+)"/.exec(Buffer.from(handle, 'base64').toString())?.[1] ?? '*';

interface TableRequest {
  TableName?: string;
  IndexName?: string;
  RequestItems?: Fields;
  TransactItems?: Array<Record<string, { TableName: string }>>;
}

/** Uses only the fields that belong to the operation, because DynamoDB ignores the other fields of a request. */
function dynamodbPermissions(operation: string, request: TableRequest, arnOf: (table: string) => string): AskedFor[] {
  const { TableName, IndexName, RequestItems = {}, TransactItems = [] } = request;
  const action = `dynamodb:${operation}`;
  switch (operation) {
    case 'TransactWriteItems':
    case 'TransactGetItems':
      return TransactItems.flatMap((item) =>
        Object.entries(item).map(([kind, { TableName: table }]) => ({
          action: `dynamodb:${TRANSACTION_ACTIONS[kind]}`,
          resource: arnOf(table),
        })),
      );
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return Object.keys(RequestItems).map((table) => ({ action, resource: arnOf(table) }));
    // PartiQL: the effect depends on the statement's text, which is not parsed.
    case 'ExecuteStatement':
    case 'ExecuteTransaction':
    case 'BatchExecuteStatement':
      return [];
    case 'Query':
    case 'Scan':
      if (IndexName !== undefined) return [{ action, resource: `${arnOf(TableName ?? '')}/index/${IndexName}` }];
  }
  return [{ action, resource: TableName === undefined ? '*' : arnOf(TableName) }];
}
