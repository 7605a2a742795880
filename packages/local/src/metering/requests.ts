import { entriesOf } from '../messages/published.ts';

/**
 * The keys of items that a call updates. Puts are left out, because in the measured application, puts create new items.
 */
export function updatedIn(operation: string, request: string): Array<[table: string, key: string]> {
  const { TableName, Key, TransactItems = [] } = JSON.parse(request) as Request;
  const updates =
    operation === 'UpdateItem' ? [{ TableName, Key }] : TransactItems.flatMap(({ Update }) => Update ?? []);
  return updates.map(({ TableName = '', Key = {} }) => [
    TableName,
    Object.values(Key)
      .flatMap((value) => Object.values(value))
      .join(' '),
  ]);
}

interface Request {
  TableName?: string;
  Key?: Record<string, Record<string, string>>;
  RequestItems?: Record<string, unknown>;
  TransactItems?: Array<Record<string, { TableName: string; Key?: Request['Key'] }>>;
  QueueUrl?: string;
  MessageBody?: string;
  Entries?: Array<{ MessageBody?: string }>;
}

/**
 * The bodies of the messages in a request. Messages that the broker rejects are included, because they are billed as
 * well.
 */
export function bodiesIn(service: string, operation: string, request: string): string[] {
  if (service === 'sns') return entriesOf(new URLSearchParams(request)).map(({ body }) => body);
  if (service !== 'sqs' || !/^SendMessage(Batch)?$/.test(operation)) return [];
  const { MessageBody, Entries = [] } = JSON.parse(request) as Request;
  return [MessageBody, ...Entries.map((entry) => entry.MessageBody)].filter((body) => body !== undefined);
}

/** The name of the table, queue or topic of a call. The names of several tables are joined. */
export function resourceOf(service: string, operation: string, request: string): string {
  const named = (name: string | null | undefined) => name?.split(/[:/]/).at(-1) ?? '';
  if (service === 'sns') return named(new URLSearchParams(request).get('TopicArn'));
  const { TableName, RequestItems = {}, TransactItems = [], QueueUrl } = JSON.parse(request || '{}') as Request;
  if (service !== 'dynamodb') return named(QueueUrl);
  if (TableName) return TableName;
  const inTransaction = TransactItems.flatMap((one) => Object.values(one)).map((one) => one.TableName);
  const tables = operation.startsWith('Batch') ? Object.keys(RequestItems) : inTransaction;
  return [...new Set(tables)].join(' + ');
}
