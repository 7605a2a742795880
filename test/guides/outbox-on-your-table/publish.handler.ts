import { outboxFunctions } from '@rollcall/kit/messaging';

// ORDER_EVENTS: the ARN of your topic, or the URL of your queue.
const { OUTBOX_TABLE = '', ORDER_EVENTS = '' } = process.env;

export const { relay, sweep } = outboxFunctions({
  tableName: OUTBOX_TABLE,
  addresses: { 'order-events': ORDER_EVENTS },
  service: 'order-events',
});
