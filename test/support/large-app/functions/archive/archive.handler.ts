import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { createClaimCheck, PermanentError, subscriberFunctions } from '@rollcall/kit/messaging';
import { archive } from './archive.consumer.ts';

/** Refuses documents that begin with `refuse`, until the table contains the item `mended`. */
export const { consume, sweep } = subscriberFunctions(
  archive,
  ({ client, tableName }) => ({
    async 'shop.document.filed.v1'({ data: { text } }) {
      const mended = { TableName: tableName, Key: { pk: 'mended', sk: 'cursor' } };
      if (text.startsWith('refuse') && !(await client.send(new GetCommand(mended))).Item)
        throw new PermanentError('refused');
      return { set: { characters: text.length } };
    },
  }),
  { claimCheck: createClaimCheck() },
);
