import { defineConsumer } from '@rollcall/kit/contracts';
import { consumerFunctions } from '@rollcall/kit/messaging';
import { orderCancelled, orderPlaced, orders, readOrder } from './orders.ts';

const { SHIPMENTS_TABLE = '', CONSUMER_TABLE = '', QUEUE_URL = '', DEAD_LETTERS_URL = '' } = process.env;

const shipping = defineConsumer('shipping', {
  source: '/shop/shipping',
  of: orders,
  reads: [orderPlaced, orderCancelled],
  cursorKey: 'order',
  // Some orders are older than the first deployment of this consumer.
  joinsLate: true,
});

const settings = {
  tableName: CONSUMER_TABLE,
  queueUrl: QUEUE_URL,
  deadLettersUrl: DEAD_LETTERS_URL,
  read: readOrder,
};

export const { consume, sweep } = consumerFunctions(shipping, settings, () => ({
  OrderPlaced: ({ subject, data }) => ({
    writes: [
      {
        Update: {
          TableName: SHIPMENTS_TABLE,
          Key: { orderNo: subject },
          UpdateExpression: 'SET #state = :state, quantity = :quantity',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':state': 'planned', ':quantity': data.quantity },
        },
      },
    ],
  }),
  OrderCancelled: ({ subject }) => ({
    writes: [
      {
        Update: {
          TableName: SHIPMENTS_TABLE,
          Key: { orderNo: subject },
          UpdateExpression: 'SET #state = :state',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':state': 'stopped' },
        },
      },
    ],
  }),
}));
