import type { HandlerContext, Handlers } from '@rollcall/kit/messaging';
import type { RemoteService } from '@rollcall/kit/resilience';
import { type approvalReplies, charged, refunded } from '../../shared/contracts.ts';
import type { commandConsumer } from './commands.consumer.ts';
import type { Answer, Payment } from './provider.ts';

/** Calls the provider. The command's ID is the idempotency key, so a repeated call has no further effect. */
export const paymentHandlers = (
  pay: RemoteService<Payment, Answer>,
  { correspondence, now }: HandlerContext<typeof approvalReplies>,
): Handlers<(typeof commandConsumer.reads)[number]> => ({
  'shop.payment.charge.v1': (message) => ({
    set: { cents: message.data.cents },
    async call() {
      const { outcome } = await pay({ kind: 'payments', id: message.id, ...message.data });
      const { orderId } = message.data;
      const answer = { orderId, outcome: outcome === 'paid' ? outcome : 'declined' } as const;
      return { set: answer, send: correspondence.reply(message, charged, answer, now().toISOString()) };
    },
  }),

  'shop.payment.refund.v1': (message) => ({
    async call() {
      await pay({ kind: 'refunds', id: message.id, ...message.data });
      const { orderId } = message.data;
      const send = correspondence.reply(message, refunded, { orderId }, now().toISOString());
      return { set: { outcome: 'refunded' }, send };
    },
  }),
});
