import { consumerFunctions, createClaimCheck } from '@rollcall/kit/messaging';
import { archive } from './documents.ts';

const { ARCHIVE_TABLE = '', QUEUE_URL = '', DEAD_LETTERS_URL = '' } = process.env;
const settings = {
  ...{ tableName: ARCHIVE_TABLE, queueUrl: QUEUE_URL, deadLettersUrl: DEAD_LETTERS_URL },
  claimCheck: createClaimCheck(),
};

/** `data` is complete, whether it was in the message or in S3. */
export const { consume, sweep } = consumerFunctions(archive, settings, () => ({
  'shop.document.filed.v1': ({ data }) => ({ set: { lines: data.lines.length } }),
}));
