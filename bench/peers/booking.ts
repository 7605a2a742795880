import { ACCOUNT, ledgerPut } from '../../functions/points/ledger.ts';

/** The queue and tables of a consumer. */
export interface ConsumerResources {
  queueUrl: string;
  repliesUrl: string;
  /** Accounts and their ledgers: `pk` and `sk`. */
  pointsTable: string;
  /** A library's records of messages: `id`. */
  idsTable: string;
}

export const POINTS = 100;

/**
 * A booking: the balance, and an entry of the ledger. `id`: of the entry; a new one each time, unless it must be booked
 * once.
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
