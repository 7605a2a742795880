import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newCommand } from 'rollcall/internal/new/command';
import { writePlan } from 'rollcall/internal/new/plan';
import { newRoute } from 'rollcall/internal/new/route';
import { newService } from 'rollcall/internal/new/service';
import { newSubscriber } from 'rollcall/internal/new/subscriber';
import { expect, it } from 'vitest';
import { read, shop, tested, typeErrors } from '../support/generated-app.ts';

const app = { name: 'shop' };

/** Makes the sender send the command, which the generator leaves to the developer. */
function sendCommand(root: string): void {
  const file = 'functions/orders/api.handler.ts';
  const text = read(root, file)
    .replace('import { createPublisher, draft }', 'import { createPublisher, draft, draftTo }')
    .replace(
      /(events: \[draft\(orderAdded, .*\)\])/,
      '$1, send: [draftTo(paymentsCommands, charge, { orderId: id }, { replyTo: ordersReplies })]',
    );
  writeFileSync(
    join(root, file),
    `import { charge, ordersReplies, paymentsCommands } from '../../shared/payments-commands.ts';\n${text}`,
  );
}

/** A test of the parts that the generated test does not cover. */
const FURTHER_TEST = `
it('an order can be cancelled; an added order is charged, gets a reply, and its event reaches stock', async () => {
  const { body } = await cloud.request('POST', '/orders', { name: 'a lamp' }, { authorization });
  expect(await cloud.request('DELETE', \`/orders/\${body.id}\`, undefined, { authorization })).toMatchObject({
    status: 200,
    body: { id: body.id },
  });
  await cloud.settled();
  expect(await cloud.applied('payments-commands', body.id)).toMatchObject([{ version: 1 }]);
  expect(await cloud.applied('stock', body.id)).toMatchObject([{ version: 1 }]);
  expect(cloud.published('orders-replies').filter((reply) => reply.body.includes(body.id))).toHaveLength(1);
});
`;

/** Generates an app, and adds a service, a command, a route and a subscriber, one after the other. */
async function wholeApp(): Promise<string> {
  const root = shop();
  writePlan(root, newService(root, 'orders', undefined, app));
  writePlan(root, await newCommand(root, 'charge', { of: 'payments', from: 'orders', reply: 'charged' }, app));
  writePlan(root, newRoute(root, 'orders', 'cancel', { method: 'DELETE', path: '/orders/{id}', access: 'write' }));
  writePlan(root, await newSubscriber(root, 'stock', 'order-events', app));
  sendCommand(root);
  return root;
}

it('an app with a service, a command, a route and a subscriber compiles; the compiler finds an error in a file that this test adds', async () => {
  const root = await wholeApp();
  const wrong = `import { stockHandlers } from '../functions/stock/stock.ts';\n\nexport const wrong: 1 = stockHandlers();\n`;
  writeFileSync(join(root, 'test/wrong.ts'), wrong);
  const errors = (await typeErrors(root)).match(/[^/]+\/[^/]+\(\d+,\d+\): error/g);
  expect(errors).toEqual(['test/wrong.ts(3,14): error']);
});

it('the app passes its generated test, and handles the command and its reply', async () => {
  const root = await wholeApp();
  appendFileSync(join(root, 'test/orders.test.ts'), FURTHER_TEST);
  expect(await tested(root, 'test/orders.test.ts')).toMatch(/Tests +2 passed/);
});
