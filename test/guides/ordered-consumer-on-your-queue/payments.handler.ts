import { type Channel, defineConsumer, type MessageContract } from '@rollcall/kit/contracts';
import { consumerFunctions, eventBridgeEvent, foreign } from '@rollcall/kit/messaging';
import * as z from 'zod';

const { ACCOUNTS_TABLE = '', CONSUMER_TABLE = '', QUEUE_URL = '', DEAD_LETTERS_URL = '' } = process.env;

const payment = z.object({ accountNo: z.string(), cents: z.int() });
const paymentReceived = { type: 'Payment Received', kind: 'event', data: payment } as const satisfies MessageContract;

const payments = {
  name: 'payments',
  kind: 'queue',
  // Payments have no version. Each payment is identified by its ID, and applied once.
  ordered: false,
  description: 'Payments, from EventBridge.',
  format: 'application/json',
  senders: ['com.example.bank'],
  messages: [paymentReceived],
} as const satisfies Channel;

const accounts = defineConsumer('accounts', {
  source: '/shop/accounts',
  of: payments,
  reads: [paymentReceived],
  cursorKey: 'payment',
});

const settings = {
  tableName: CONSUMER_TABLE,
  queueUrl: QUEUE_URL,
  deadLettersUrl: DEAD_LETTERS_URL,
  read: foreign(eventBridgeEvent(payment), ({ id, source, 'detail-type': type, time, detail }) => ({
    ...{ id, source, type, time },
    subject: detail.accountNo,
    data: detail,
  })),
};

export const { consume, sweep } = consumerFunctions(accounts, settings, () => ({
  'Payment Received': ({ data: { accountNo, cents } }) => ({
    writes: [
      {
        Update: {
          TableName: ACCOUNTS_TABLE,
          Key: { accountNo },
          UpdateExpression: 'ADD cents :cents',
          ExpressionAttributeValues: { ':cents': cents },
        },
      },
    ],
  }),
}));
