import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { refusedBy, transact } from '@rollcall/kit/aws/transact';
import { type OutboxRow, outboxPut, type TransactItem } from '@rollcall/kit/messaging/outbox';
import pMap from 'p-map';
import { commandsOf, type Operation, type Outcome } from './operation.ts';
import { memberKey, type StoreOptions } from './store.ts';

export type OperationsStore = ReturnType<typeof createOperationsStore>;

/** The index by `memberId`, which only operations have. */
const OF_MEMBER = 'of-member';

const operationKey = (id: string) => ({ pk: `operation#${id}` });
const counterKey = (memberId: string) => ({ pk: `commands#${commandsOf(memberId)}` });

/** Operations, and the count of the commands that they sent, in the members' table. */
export function createOperationsStore({
  client,
  membersTable,
  outboxTable,
}: Pick<StoreOptions, 'client' | 'membersTable' | 'outboxTable'>) {
  const get = async (Key: Record<string, string>) =>
    (await client.send(new GetCommand({ TableName: membersTable, Key, ConsistentRead: true }))).Item;

  /** A command's outbox row, and the count that gives it its place: in one transaction. */
  const commandWrites = (memberId: string, row: OutboxRow): TransactItem[] => [
    {
      Update: {
        TableName: membersTable,
        Key: counterKey(memberId),
        UpdateExpression: 'SET sent = :version',
        ConditionExpression: row.version === 1 ? 'attribute_not_exists(sent)' : 'sent = :before',
        ExpressionAttributeValues: { ':version': row.version, ...(row.version > 1 && { ':before': row.version - 1 }) },
      },
    },
    outboxPut(outboxTable, row),
  ];

  /** The outcome of an operation, which still is what it was. */
  const outcomeUpdate = ({ id, outcome: before }: Operation, outcome: Outcome) => ({
    TableName: membersTable,
    Key: operationKey(id),
    UpdateExpression: 'SET outcome = :outcome',
    ConditionExpression: 'outcome = :before',
    ExpressionAttributeValues: { ':outcome': outcome, ':before': before },
  });

  const erasing = new Map<string, Promise<void>>();
  async function erase(memberId: string): Promise<void> {
    const pages = paginateQuery(
      { client },
      {
        TableName: membersTable,
        IndexName: OF_MEMBER,
        KeyConditionExpression: 'memberId = :member',
        ExpressionAttributeValues: { ':member': memberId },
      },
    );
    for await (const { Items = [] } of pages) {
      await pMap(Items, ({ pk }) => client.send(new DeleteCommand({ TableName: membersTable, Key: { pk } })), {
        concurrency: 10,
      });
    }
  }

  return {
    async find(id: string): Promise<Operation | undefined> {
      const item = await get(operationKey(id));
      if (!item) return undefined;
      const { pk: _, ...operation } = item;
      return operation as Operation;
    },

    /** How many commands were sent to a member's points. */
    sentTo: async (memberId: string): Promise<number> => (await get(counterKey(memberId)))?.sent ?? 0,

    /** Begins an operation of an active member. */
    async insert(operation: Operation, row: OutboxRow): Promise<'done' | 'no member' | 'exists' | 'overtaken'> {
      const { memberId } = operation;
      try {
        await transact(client, [
          {
            ConditionCheck: {
              TableName: membersTable,
              Key: memberKey(memberId),
              ConditionExpression: '#status = :active',
              ExpressionAttributeNames: { '#status': 'status' },
              ExpressionAttributeValues: { ':active': 'active' },
            },
          },
          {
            Put: {
              TableName: membersTable,
              Item: { ...operationKey(operation.id), ...operation },
              ConditionExpression: 'attribute_not_exists(pk)',
            },
          },
          ...commandWrites(memberId, row),
        ]);
        return 'done';
      } catch (error) {
        // Before all: who has left since is still answered for what they asked.
        if (refusedBy(error, 1)) return 'exists';
        if (refusedBy(error, 0)) return 'no member';
        if (refusedBy(error, 2)) return 'overtaken';
        throw error;
      }
    },

    /** @returns whether the operation still was what it was */
    async change(operation: Operation, outcome: Outcome): Promise<boolean> {
      try {
        await client.send(new UpdateCommand(outcomeUpdate(operation, outcome)));
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },

    /** Forgets what a member who left had asked for, and what was answered; once for all who ask at the same moment. */
    eraseOf(memberId: string): Promise<void> {
      const erased = erasing.get(memberId) ?? erase(memberId).finally(() => erasing.delete(memberId));
      erasing.set(memberId, erased);
      return erased;
    },

    hasLeft: async (memberId: string): Promise<boolean> => (await get(memberKey(memberId)))?.status === 'deactivated',

    /** Of a member who left meanwhile. */
    deleteWrite: ({ id }: Operation): TransactItem => ({ Delete: { TableName: membersTable, Key: operationKey(id) } }),

    /** As `change`, for another's transaction. */
    changeWrite: (operation: Operation, outcome: Outcome): TransactItem => ({
      Update: outcomeUpdate(operation, outcome),
    }),
    commandWrites,
  };
}
