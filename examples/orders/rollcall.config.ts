import { defineApp } from 'rollcall/app';
import { PaymentProvider } from './test/payment-provider.ts';

export default defineApp({
  name: 'shop',
  aggregate: { en: ['order', 'orders'], zh: ['订单', '订单'] },
  beside: () => [new PaymentProvider()],
  firstSteps: ({ apiUrl }) => `Place an order:

  curl -i ${apiUrl}/orders -H "authorization: Bearer $(npx rollcall ops token)" -H 'content-type: application/json' -d '{"item":"a book","quantity":2,"cents":1999}'
`,
});
