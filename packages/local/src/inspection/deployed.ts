import { PARKED_AGGREGATE, PARKED_INDEX } from '@rollcall/kit/internal/contracts/subscriber-table';
import { CloudError } from '../errors/cloud-error.ts';
import type { CreatedResource } from '../resources/created.ts';

interface TableProperties {
  KeySchema?: Array<{ AttributeName: string }>;
  GlobalSecondaryIndexes?: Array<{ IndexName: string; KeySchema: Array<{ AttributeName: string }> }>;
  StreamSpecification?: object;
}

const tables = (created: readonly CreatedResource[], isWanted: (table: TableProperties) => boolean): string[] =>
  created
    .filter(({ type, properties }) => /^AWS::DynamoDB::(Global)?Table$/.test(type) && isWanted(properties))
    .map(({ ref }) => ref);

const keysOf = (schema: TableProperties['KeySchema'] = []) => schema.map(({ AttributeName }) => AttributeName).join();

/** The names of the outbox tables: the tables that have a stream, and the keys of an outbox. */
export const outboxesIn = (created: readonly CreatedResource[]): string[] =>
  tables(
    created,
    (table) => table.StreamSpecification !== undefined && keysOf(table.KeySchema) === 'aggregateId,version',
  );

/** The names of the consumers' tables, which have an index of parked messages. */
export const consumersIn = (created: readonly CreatedResource[]): string[] =>
  tables(created, ({ GlobalSecondaryIndexes = [] }) =>
    GlobalSecondaryIndexes.some(
      ({ IndexName, KeySchema }) => IndexName === PARKED_INDEX && KeySchema[0]?.AttributeName === PARKED_AGGREGATE,
    ),
  );

/** The names of the queues. */
export const queuesIn = (created: readonly CreatedResource[]): string[] =>
  created.filter(({ type }) => type === 'AWS::SQS::Queue').map(({ attributes }) => attributes?.QueueName ?? '');

/** The names of the topics. */
export const topicsIn = (created: readonly CreatedResource[]): string[] =>
  created.filter(({ type }) => type === 'AWS::SNS::Topic').map(({ attributes }) => attributes?.TopicName ?? '');

/**
 * Finds the physical name of a resource by its name in the app's code. A physical name may have a prefix, such as
 * `shop-dev-`, and the suffix `.fifo`.
 * @throws {CloudError} if no resource has that name
 */
export function findPhysicalName(physicalNames: readonly string[], name: string, what: string): string {
  const bare = (physical: string) => physical.replace(/\.fifo$/, '');
  const [found] = physicalNames
    .filter((physical) => physical === name || bare(physical) === name || bare(physical).endsWith(`-${name}`))
    // The shortest match: `orders` means `shop-dev-orders`, not `shop-dev-late-orders`.
    .toSorted((one, other) => one.length - other.length);
  if (found) return found;
  throw new CloudError(`There is no ${what} ${name}. There are: ${physicalNames.join(', ') || 'none'}.`);
}
