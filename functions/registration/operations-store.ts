import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { text } from '@rollcall/kit/aws';
import type { createProcess, TransactItem } from '@rollcall/kit/messaging';
import * as z from 'zod';
import { type EarlierOperation, processOf } from './earlier-operation.ts';
import { SOURCE } from './member.ts';
import type { RedemptionData } from './redemption.process.ts';
import { memberKey } from './store.ts';

export const operationTables = z.object({ MEMBERS_TABLE: text, OUTBOX_TABLE: text });

interface StorageOptions extends z.output<typeof operationTables> {
  client: DynamoDBDocumentClient;
  now: () => Date;
  newId: () => string;
}

const key = (id: string) => ({ pk: `operation#${id}` });

/** Returns the storage of redemptions: the members' table, which has an index by `memberId`. */
export function operationStorage({
  client,
  now,
  newId,
  MEMBERS_TABLE: table,
  OUTBOX_TABLE: outboxTable,
}: StorageOptions) {
  return {
    ...{ client, table, outboxTable, source: SOURCE, now, newId, key },
    // The index needs `memberId`. The previous version of the service, which may still run during a deployment, reads
    // `points`.
    attributes: ({ memberId, points }: RedemptionData) => ({ memberId, points }),

    /** Whether a member has left. Operations of members that left are deleted. */
    async isErased(memberId: string): Promise<boolean> {
      const Key = memberKey(memberId);
      const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
      return Item?.status === 'deactivated';
    },

    restore(item: Record<string, unknown>) {
      const earlier = item as unknown as EarlierOperation;
      const before = { ':before': earlier.outcome };
      return {
        process: processOf(earlier),
        condition: { ConditionExpression: 'outcome = :before', ExpressionAttributeValues: before },
      };
    },
  } satisfies Parameters<typeof createProcess<RedemptionData>>[1];
}

/** A condition check that the member exists and has not left. */
export const activeMemberCheck = (TableName: string, memberId: string): TransactItem => ({
  ConditionCheck: {
    ...{ TableName, Key: memberKey(memberId), ConditionExpression: '#status = :active' },
    ...{ ExpressionAttributeNames: { '#status': 'status' }, ExpressionAttributeValues: { ':active': 'active' } },
  },
});
