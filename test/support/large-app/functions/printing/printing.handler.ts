import { createClaimCheck, subscriberFunctions } from '@rollcall/kit/messaging';
import { printing } from './printing.consumer.ts';

export const { consume, sweep } = subscriberFunctions(
  printing,
  () => ({ 'shop.document.print.v1': ({ data }) => ({ set: { printed: data.text.length, orderId: data.orderId } }) }),
  { claimCheck: createClaimCheck() },
);
