import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { TransactItem } from '../../messaging/outbox.ts';
import type { Choices } from './choices.ts';
import { type Bindings, holds, type Item, updated } from './expressions.ts';
import type { Instance, Scheduler } from './scheduler.ts';
import { type Change, descriptionOf, inOrder, partitionsOf, type Table, type TableOptions } from './table.ts';

interface Planned extends Change {
  key: string;
  target: Table;
  isRefused: boolean;
}

type Query = Bindings & {
  KeyConditionExpression?: string | undefined;
  IndexName?: string | undefined;
  TableName?: string | undefined;
};

/** How often an interleaved query reads the table before it returns. */
const READS = 3;
/** A new item may be missing in an index for this time, but not after its second write. */
const NEW_MS = 2_000;
/** Two items per page of an index, so that a few items are enough to test paging. */
const PAGE = 2;

const MARSHALLING = { removeUndefinedValues: true };

/** A model of the part of DynamoDB that the kit uses: conditional writes, transactions, and indexes that lag behind. */
export class Tables {
  readonly #scheduler: Scheduler;
  readonly #choices: Choices;
  readonly #tables = new Map<string, Table>();
  readonly #listeners: Array<(changes: readonly Change[], by: Instance) => void> = [];
  /** Called in the middle of some queries, chosen at random. A test can use it to write during a query. */
  duringQuery: () => Promise<void> = async () => {};

  constructor(scheduler: Scheduler, choices: Choices) {
    this.#scheduler = scheduler;
    this.#choices = choices;
  }

  create(name: string, options: TableOptions = { keys: ['pk', 'sk'] }): void {
    this.#tables.set(name, { name, ...options, rows: new Map(), lastIndexed: [] });
  }

  /** Registers a listener for successful writes. */
  onWrite(listener: (changes: readonly Change[], by: Instance) => void): void {
    this.#listeners.push(listener);
  }

  items(name: string): Item[] {
    return [...(this.#tables.get(name)?.rows.values() ?? [])].map(({ item }) => item);
  }

  /** Implements the part of the DynamoDB client that the kit uses. */
  clientOf(instance: Instance): DynamoDBDocumentClient {
    const send = (command: object) => this.#send(instance, command);
    return Object.create(DynamoDBDocumentClient.prototype, { send: { value: send } });
  }

  #table(name: string | undefined): Table {
    const table = this.#tables.get(name ?? '');
    if (!table) throw new Error(`there is no table ${name}`);
    return table;
  }

  #keyOf = ({ keys }: Table, item: Item | undefined): string => keys.map((key) => item?.[key]).join(' ');

  #send(instance: Instance, command: object): Promise<unknown> {
    const call = <T>(what: string, effect: () => T) => this.#scheduler.call(instance, what, effect);
    if (command instanceof GetCommand) {
      const { TableName, Key } = command.input;
      const table = this.#table(TableName);
      const key = this.#keyOf(table, Key);
      return call(`reads ${table.name} ${key}`, () => ({ Item: table.rows.get(key)?.item }));
    }
    if (command instanceof PutCommand) return this.#writeAlone(instance, { Put: command.input });
    if (command instanceof UpdateCommand)
      return this.#writeAlone(instance, { Update: command.input as TransactItem['Update'] });
    if (command instanceof DeleteCommand) return this.#writeAlone(instance, { Delete: command.input });
    if (command instanceof TransactWriteCommand) return this.#transact(instance, command.input.TransactItems ?? []);
    if (command instanceof BatchWriteCommand) return this.#deleteSome(instance, command);
    if (command instanceof QueryCommand) return this.#query(instance, command.input);
    if (command instanceof ScanCommand) return this.#scan(instance, command.input);
    throw new Error(`the simulation does not support ${command.constructor.name}`);
  }

  #plan({ Put, Update, Delete, ConditionCheck }: TransactItem): Planned {
    const write = Put ?? Update ?? Delete ?? ConditionCheck;
    const target = this.#table(write?.TableName);
    const key = this.#keyOf(target, Put ? Put.Item : (Update ?? Delete ?? ConditionCheck)?.Key);
    const before = target.rows.get(key)?.item;
    const isRefused = !holds(write?.ConditionExpression, before, write as Bindings);
    const change = { target, table: target.name, key, before, isRefused };
    if (isRefused || ConditionCheck) return { ...change, after: before };
    if (Put) return { ...change, after: target.onPut?.(Put.Item as Item) ?? (Put.Item as Item) };
    if (!Update) return { ...change, after: undefined };
    return { ...change, after: updated(Update.UpdateExpression ?? '', before ?? (Update.Key as Item), Update) };
  }

  #commit(planned: readonly Planned[], by: Instance): void {
    for (const { target, key, after, before } of planned) {
      const writes = (target.rows.get(key)?.writes ?? 0) + 1;
      if (after === undefined) target.rows.delete(key);
      else if (after !== before) target.rows.set(key, { item: after, writes, at: this.#scheduler.now });
    }
    for (const listener of this.#listeners) listener(planned, by);
  }

  #writeAlone(instance: Instance, write: TransactItem): Promise<unknown> {
    const { ReturnValues, ReturnValuesOnConditionCheckFailure: onFailure } = (write.Update ?? {}) as {
      ReturnValues?: string;
      ReturnValuesOnConditionCheckFailure?: string;
    };
    return this.#scheduler.call(instance, descriptionOf(write), () => {
      const attempt = (attempts: number) => {
        const planned = this.#plan(write);
        const { before, after, isRefused } = planned;
        if (isRefused) {
          const Item = onFailure && before ? { Item: marshall(before, MARSHALLING) } : {};
          throw new ConditionalCheckFailedException({ message: 'refused', $metadata: { attempts }, ...Item });
        }
        this.#commit([planned], instance);
        return { Attributes: ReturnValues === 'ALL_OLD' ? before : after };
      };
      const response = attempt(1);
      // The response may be lost. The SDK then retries, and the condition may fail because of the first attempt.
      return onFailure && this.#choices.below(20) === 19 ? attempt(2) : response;
    });
  }

  #transact(instance: Instance, writes: readonly TransactItem[]): Promise<unknown> {
    return this.#scheduler.call(instance, writes.map(descriptionOf).join(' and '), () => {
      const planned = writes.map((write) => this.#plan(write));
      refuseDuplicates(planned);
      if (planned.some(({ isRefused }) => isRefused)) {
        const CancellationReasons = planned.map(({ isRefused, before }) =>
          isRefused
            ? { Code: 'ConditionalCheckFailed', ...(before && { Item: marshall(before, MARSHALLING) }) }
            : { Code: 'None' },
        );
        throw new TransactionCanceledException({ message: 'canceled', $metadata: {}, CancellationReasons });
      }
      this.#commit(planned, instance);
      return {};
    });
  }

  /** Deletes items, but sometimes leaves some of them unprocessed. */
  #deleteSome(instance: Instance, { input }: BatchWriteCommand): Promise<unknown> {
    const [[TableName, requests = []] = ['', []]] = Object.entries(input.RequestItems ?? {});
    const writes = requests.map((request) => ({ request, write: { Delete: { TableName, ...request.DeleteRequest } } }));
    return this.#scheduler.call(
      instance,
      writes.map(({ write }) => descriptionOf(write as TransactItem)).join(', '),
      () => {
        const unprocessed = writes.filter(() => this.#choices.below(12) === 11);
        if (unprocessed.length > 0)
          this.#scheduler.log(`${instance.name}: ${unprocessed.length} of ${writes.length} deletions stay unprocessed`);
        for (const entry of writes)
          if (!unprocessed.includes(entry)) this.#commit([this.#plan(entry.write as TransactItem)], instance);
        return {
          UnprocessedItems: unprocessed.length > 0 ? { [TableName]: unprocessed.map(({ request }) => request) } : {},
        };
      },
    );
  }

  async #query(instance: Instance, query: Query): Promise<unknown> {
    const table = this.#table(query.TableName);
    const [first, ...others] = Object.values(query.ExpressionAttributeValues ?? {});
    const what = `queries ${table.name} ${[first, ...others].join(' ')}`;
    const read = () => {
      const rows = [...table.rows.values()].filter(({ item }) => holds(query.KeyConditionExpression, item, query));
      const isBehind = query.IndexName !== undefined && rows.length > 0 && this.#choices.below(4) === 3;
      const isKnown = ({ writes, at }: { writes: number; at: number }) =>
        writes > 1 || at + NEW_MS < this.#scheduler.now;
      return rows.filter((row) => !isBehind || isKnown(row)).map(({ item }) => item);
    };
    if (!table.hasInterleavedQueries)
      return { Items: inOrder(await this.#scheduler.call(instance, what, read), table) };
    const reads: Item[][] = [];
    for (let index = 0; index < (this.#scheduler.faultFree ? 1 : READS); index++) {
      reads.push(await this.#scheduler.call(instance, what, read));
      if (this.#choices.below(8) === 7) await this.duringQuery();
    }
    // For each item that was written or deleted during the query, it is random whether the result contains the item.
    const seen = [...new Set(reads.flat())];
    const sure = seen.filter((item) => reads.every((items) => items.includes(item)));
    const unsure = seen.filter((item) => !sure.includes(item) && this.#choices.below(2) === 0);
    return { Items: inOrder([...sure, ...unsure], table) };
  }

  /**
   * Segment 0 contains all items, page by page. The other segments are empty. A page of the index of parked messages
   * has two items, and a page of a table has the items of one partition.
   */
  async #scan(instance: Instance, input: ScanCommand['input']): Promise<unknown> {
    const table = this.#table(input.TableName);
    if ((input.Segment ?? 0) > 0) return { Items: [] };
    const begun = input.ExclusiveStartKey as { pages: Item[][] } | undefined;
    const [Items = [], ...pages] =
      begun?.pages ??
      (await this.#scheduler.call(instance, `scans ${table.name}`, () =>
        input.IndexName ? this.#pagesOfIndex(table) : partitionsOf(table),
      ));
    return { Items, ...(pages.length > 0 && { LastEvaluatedKey: { pages } }) };
  }

  #pagesOfIndex(table: Table): Item[][] {
    const isBehind = this.#choices.below(4) === 3;
    const items = [...table.rows.values()].map(({ item }) => item).filter((item) => item.parkedAggregate !== undefined);
    const byAggregate = [...Map.groupBy(items, ({ parkedAggregate }) => parkedAggregate).values()];
    const fresh = byAggregate.flatMap((parked) => inOrder(parked, table));
    const shown = isBehind ? table.lastIndexed : fresh;
    table.lastIndexed = fresh;
    return Array.from({ length: Math.ceil(shown.length / PAGE) }, (_, page) =>
      shown.slice(page * PAGE, (page + 1) * PAGE),
    );
  }
}

/**
 * Refuses a transaction with several operations on one item. This error takes precedence over failed conditions, as in
 * DynamoDB (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html).
 */
function refuseDuplicates(planned: readonly Planned[]): void {
  const items = new Set(planned.map(({ table, key }) => `${table} ${key}`));
  if (items.size === planned.length) return;
  throw new DynamoDBServiceException({
    ...({ name: 'ValidationException', $fault: 'client', $metadata: {} } as const),
    message: 'Transaction request cannot include multiple operations on one item',
  });
}
