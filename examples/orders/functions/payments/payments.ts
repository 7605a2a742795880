import type { HandlerContext, Handlers } from '@rollcall/kit/messaging';
import type { RemoteService } from '@rollcall/kit/resilience';
import { charged, type paymentReplies } from '../../shared/contracts.ts';
import type { commandConsumer } from './commands.consumer.ts';
import type { Answer, Payment } from './provider.ts';

/** Asks the provider once for each order: it knows a repetition by the id of the command. */
export const paymentHandlers = (
  pay: RemoteService<Payment, Answer>,
  { correspondence, now }: HandlerContext<typeof paymentReplies>,
): Handlers<(typeof commandConsumer.reads)[number]> => ({
  'shop.payment.charge.v1': (message) => ({
    set: { cents: message.data.cents },
    async call() {
      const { outcome } = await pay({ id: message.id, ...message.data });
      const at = now().toISOString();
      return {
        set: { outcome },
        send: correspondence.reply(message, charged, { orderId: message.data.orderId, outcome }, at),
      };
    },
  }),
});
