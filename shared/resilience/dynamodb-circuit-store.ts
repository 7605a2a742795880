import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Circuit, CircuitState, CircuitStore } from './circuit.ts';

const CALLS = 'calls#';
const FAILURES = 'failures#';
const DURATION = 'ms#';
/** Tallies are kept for so many slices; older ones go with the next count. */
const KEPT_SLICES = 12;

/** One item a circuit: its state, and a counter for each slice of time, so that counting never conflicts. */
export function createCircuitStore(options: { client: DynamoDBDocumentClient; tableName: string }): CircuitStore {
  const { client, tableName: TableName } = options;
  const outdated = new Map<string, string[]>();
  return {
    async read(name) {
      const { Item = {} } = await client.send(new GetCommand({ TableName, Key: { pk: name } }));
      return circuitOf(Item);
    },

    async count(name, slice, { calls, failures, durations }) {
      const counters = new Map([
        [`${CALLS}${slice}`, calls],
        [`${FAILURES}${slice}`, failures],
        ...[...durations].map(([bucket, count]) => [`${DURATION}${bucket}`, count] as const),
      ]);
      const removed = outdated.get(name) ?? [];
      const remove = removed.length > 0 ? ` REMOVE ${removed.map((_, index) => `#r${index}`).join(', ')}` : '';
      const { Attributes = {} } = await client.send(
        new UpdateCommand({
          TableName,
          Key: { pk: name },
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
        /^(calls|failures)#/.test(counter) && numberOf(counter) <= slice - KEPT_SLICES;
      outdated.set(name, Object.keys(Attributes).filter(isOutdated));
      return circuitOf(Attributes);
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

/** A circuit from its item; one that nobody has counted for yet is closed. */
export function circuitOf({ revision = 0, state, ...rest }: Record<string, unknown>): Circuit {
  const counters = Object.entries(rest) as Array<[string, number]>;
  const of = (prefix: string) => counters.filter(([counter]) => counter.startsWith(prefix));
  return {
    revision: revision as number,
    state: (state as CircuitState | undefined) ?? { is: 'closed', since: 0 },
    tallies: new Map(
      of(CALLS).map(([counter, calls]) => {
        const slice = numberOf(counter);
        return [slice, { calls, failures: Number(rest[`${FAILURES}${slice}`] ?? 0) }];
      }),
    ),
    durations: new Map(of(DURATION).map(([counter, count]) => [numberOf(counter), count])),
  };
}
