import { ACCOUNT, ledgerPut } from '../../functions/points/ledger.ts';

/** The queues and tables of a consumer. */
export interface ConsumerResources {
  queueUrl: string;
  /** The queue to which the consumer sends its replies. */
  repliesUrl: string;
  /** The table of accounts and their ledgers, with the keys `pk` and `sk`. */
  pointsTable: string;
  /** The table in which a library records the handled messages, with the key `id`. */
  idsTable: string;
}

export const POINTS = 100;

/**
 * The writes of a booking: the balance, and an entry in the ledger.
 * @param id the id of the entry. If it is the id of the message, the entry can be written only once
 */
export const booking = (pointsTable: string, memberId: string, id: string) => [
  {
    Update: {
      TableName: pointsTable,
      Key: { pk: memberId, sk: ACCOUNT },
      UpdateExpression: 'ADD balance :points',
      ExpressionAttributeValues: { ':points': POINTS },
    },
  },
  ledgerPut(pointsTable, memberId, id, { points: POINTS, reason: 'registration', at: new Date().toISOString() }),
];
