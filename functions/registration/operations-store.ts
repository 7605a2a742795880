import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type CommandContext, createOutboxWriter, type draftTo, type TransactItem } from '@rollcall/kit/messaging';
import pMap from 'p-map';
import { SOURCE } from './member.ts';
import type { Operation, Outcome } from './operation.ts';
import { memberKey, type StoreOptions } from './store.ts';

type Tables = Pick<StoreOptions, 'client' | 'membersTable' | 'outboxTable'>;

export type OperationsStore = ReturnType<typeof createOperationsStore>;

/** The index by `memberId`, which only operations have. */
const OF_MEMBER = 'of-member';

const operationKey = (id: string) => ({ pk: `operation#${id}` });

/** Operations, and the count of the commands that they sent, in the members' table. */
export function createOperationsStore({ client, membersTable, outboxTable }: Tables) {
  const writer = createOutboxWriter({ client, outboxTable, source: SOURCE, countersTable: membersTable });

  const get = async (Key: Record<string, string>) =>
    (await client.send(new GetCommand({ TableName: membersTable, Key, ConsistentRead: true }))).Item;

  const isActive = (memberId: string) => ({
    ConditionCheck: {
      TableName: membersTable,
      Key: memberKey(memberId),
      ConditionExpression: '#status = :active',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':active': 'active' },
    },
  });

  /** The outcome of an operation, which still is what it was. */
  const outcomeUpdate = ({ id, outcome: before }: Operation, outcome: Outcome) => ({
    TableName: membersTable,
    Key: operationKey(id),
    UpdateExpression: 'SET outcome = :outcome',
    ConditionExpression: 'outcome = :before',
    ExpressionAttributeValues: { ':outcome': outcome, ':before': before },
  });

  return {
    async find(id: string): Promise<Operation | undefined> {
      const item = await get(operationKey(id));
      if (!item) return undefined;
      const { pk: _, ...operation } = item;
      return operation as Operation;
    },

    /** Begins an operation of an active member. One that exists is stale: who has left since is still answered for it. */
    insert: (operation: Operation, command: ReturnType<typeof draftTo>, context: CommandContext) =>
      writer.commit(
        {
          put: {
            TableName: membersTable,
            Item: { ...operationKey(operation.id), ...operation },
            ConditionExpression: 'attribute_not_exists(pk)',
          },
          beside: { member: isActive(operation.memberId) },
          send: [command],
        },
        context,
      ),

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

    eraseOf: createErasing({ client, membersTable }),

    hasLeft: async (memberId: string): Promise<boolean> => (await get(memberKey(memberId)))?.status === 'deactivated',

    /** Of a member who left meanwhile. */
    deleteWrite: ({ id }: Operation): TransactItem => ({ Delete: { TableName: membersTable, Key: operationKey(id) } }),

    /** As `change`, for another's transaction. */
    changeWrite: (operation: Operation, outcome: Outcome): TransactItem => ({
      Update: outcomeUpdate(operation, outcome),
    }),

    /** Sends commands, in another's transaction. */
    commandWrites: writer.writes,
  };
}

/** Forgets what a member who left had asked for, and what was answered; once for all who ask at the same moment. */
function createErasing({ client, membersTable }: Omit<Tables, 'outboxTable'>) {
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

  const erasing = new Map<string, Promise<void>>();
  return (memberId: string): Promise<void> => {
    const erased = erasing.get(memberId) ?? erase(memberId).finally(() => erasing.delete(memberId));
    erasing.set(memberId, erased);
    return erased;
  };
}
