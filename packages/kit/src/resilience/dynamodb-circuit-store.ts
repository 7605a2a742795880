import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Circuit, CircuitHead, CircuitState, CircuitStore, Tally } from './circuit.ts';

const CALLS = 'calls#';
const FAILURES = 'failures#';
const DURATION = 'ms#';
/** Number of slices whose counts are kept. A later write removes the counts of older slices. */
const KEPT_SLICES = 12;
/**
 * Number of items for the counts of a circuit. If the calls of 500 instances fail, each instance makes four writes per
 * second. That makes 250 writes per second for each item, which accepts 1,000.
 */
const TALLY_ITEMS = 8;

type Item = Record<string, unknown>;

const tallyKey = (name: string, index: number) => `${name}#${index}`;

export interface CircuitStoreOptions {
  client: DynamoDBDocumentClient;
  tableName: string;
  /** Selects the item for this instance's counts. */
  random: () => number;
}

/**
 * Creates a store in which each circuit has one item for its state, which rarely changes, and several items for its
 * counts. An item for counts has counters for each time slice.
 */
export function createCircuitStore({ client, tableName: TableName, random }: CircuitStoreOptions): CircuitStore {
  const tallyItem = Math.floor(random() * TALLY_ITEMS);
  const outdated = new Map<string, string[]>();
  return {
    async head(name) {
      const { Item = {} } = await client.send(new GetCommand({ TableName, Key: { pk: name } }));
      return headOf(Item);
    },

    async read(name) {
      const keys = [name, ...Array.from({ length: TALLY_ITEMS }, (_, index) => tallyKey(name, index))];
      const Keys = keys.map((pk) => ({ pk }));
      const { Responses = {}, UnprocessedKeys = {} } = await client.send(
        new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } } }),
      );
      if (Object.keys(UnprocessedKeys).length > 0)
        throw new Error(`${TableName} returned only some of the requested items`);
      return circuitOf(Responses[TableName] ?? []);
    },

    async count(name, { tallies, durations }) {
      const counters = new Map<string, number>([
        ...[...tallies].flatMap(([slice, { calls, failures }]) => [
          [`${CALLS}${slice}`, calls] as const,
          [`${FAILURES}${slice}`, failures] as const,
        ]),
        ...[...durations].map(([bucket, count]) => [`${DURATION}${bucket}`, count] as const),
      ]);
      const removed = (outdated.get(name) ?? []).filter((counter) => !counters.has(counter));
      const remove = removed.length > 0 ? ` REMOVE ${removed.map((_, index) => `#r${index}`).join(', ')}` : '';
      const { Attributes = {} } = await client.send(
        new UpdateCommand({
          TableName,
          Key: { pk: tallyKey(name, tallyItem) },
          UpdateExpression: `ADD ${[...counters].map((_, index) => `#c${index} :c${index}`).join(', ')}${remove}`,
          ExpressionAttributeNames: {
            ...Object.fromEntries([...counters.keys()].map((counter, index) => [`#c${index}`, counter])),
            ...Object.fromEntries(removed.map((counter, index) => [`#r${index}`, counter])),
          },
          ExpressionAttributeValues: Object.fromEntries(
            [...counters.values()].map((count, index) => [`:c${index}`, count]),
          ),
          ReturnValues: 'ALL_NEW',
        }),
      );
      const isOutdated = (counter: string) =>
        /^(calls|failures)#/.test(counter) && numberOf(counter) <= Math.max(...tallies.keys()) - KEPT_SLICES;
      outdated.set(name, Object.keys(Attributes).filter(isOutdated));
    },

    async reportFailure(name, slice) {
      await client.send(
        new UpdateCommand({
          TableName,
          Key: { pk: name },
          UpdateExpression: 'SET failing = :slice',
          ExpressionAttributeValues: { ':slice': slice },
        }),
      );
    },

    async change(name, seen, state) {
      try {
        await client.send(
          new UpdateCommand({
            TableName,
            Key: { pk: name },
            UpdateExpression: 'SET #state = :state, revision = :next',
            ConditionExpression: seen === 0 ? 'attribute_not_exists(revision)' : 'revision = :seen',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: { ':state': state, ':next': seen + 1, ...(seen > 0 && { ':seen': seen }) },
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}

const numberOf = (counter: string) => Number(counter.split('#')[1]);

/** A circuit without an item is closed. */
const headOf = ({ revision = 0, state, failing = 0 }: Item): CircuitHead => ({
  revision: revision as number,
  state: (state as CircuitState | undefined) ?? { is: 'closed', since: 0 },
  failing: failing as number,
});

/** Builds a circuit from its items. */
function circuitOf(items: readonly Item[]): Circuit {
  const tallies = new Map<number, Tally>();
  const durations = new Map<number, number>();
  for (const [counter, value] of items.flatMap((item) => Object.entries(item))) {
    const [number, count] = [numberOf(counter), Number(value)];
    const { calls, failures } = tallies.get(number) ?? { calls: 0, failures: 0 };
    if (counter.startsWith(CALLS)) tallies.set(number, { calls: calls + count, failures });
    if (counter.startsWith(FAILURES)) tallies.set(number, { calls, failures: failures + count });
    if (counter.startsWith(DURATION)) durations.set(number, (durations.get(number) ?? 0) + count);
  }
  return { ...headOf(items.find(({ pk }) => !String(pk).includes('#')) ?? {}), tallies, durations };
}

/** All circuits of a table, by name. */
export function circuitsOf(items: readonly Item[]): Map<string, Circuit> {
  const byName = Map.groupBy(items, ({ pk }) => String(pk).split('#')[0] as string);
  return new Map([...byName].map(([name, circuitItems]) => [name, circuitOf(circuitItems)]));
}
