/** The code around a block that is only a part of a file, so that the block can be compiled. */
export interface Prelude {
  /** The beginning of the page's path. */
  page: string;
  /** The beginning of the block. */
  begins: string;
  before: string;
  after?: string;
  /** Files that the block imports, by path. */
  files?: Record<string, string>;
}

const KIT = `
import { Command } from 'commander';
import { randomUUID } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { RollcallApp } from '@rollcall/cdk';
import { command, defineConsumer, document, event, queue, topic } from '@rollcall/kit/contracts';
import { type CommandContext, createPublisher, draft, draftTo, subscriberFunctions } from '@rollcall/kit/messaging';
import { App } from 'aws-cdk-lib';
import { defineApp } from 'rollcall/app';
import * as z from 'zod';
`;

const TABLES = `
declare const client: DynamoDBDocumentClient;
declare const table: string;
declare const outboxTable: string;
`;

const about = `{ subjectField: 'orderId' }`;

const ORDER_EVENTS = `
const orderChanged = event('shop.order.changed.v1', z.object({ id: z.string(), status: z.string() }), { subjectField: 'id' });
const orderErased = event('shop.order.erased.v1', z.object({ orderId: z.string() }), ${about});
const orderEvents = topic('order-events', { from: '/shop/orders', messages: [orderChanged, orderErased] });
const charge = command('shop.payment.charge.v1', z.object({ orderId: z.string() }), ${about});
const payments = queue('payments', { from: '/shop/orders', messages: [charge] });
`;

export const preludes: readonly Prelude[] = [
  {
    page: 'docs/decisions/0039-',
    begins: 'export const orderEvents = topic',
    before: `${KIT}${TABLES}
interface Order { version: number; state: 'placed' | 'cancelled' }
const created = event('shop.order.created.v1', z.object({ id: z.string() }), { subjectField: 'id' });
const cancelled = event('shop.order.cancelled.v1', z.object({ id: z.string() }), { subjectField: 'id' });
const charge = command('shop.payment.charge.v1', z.object({ id: z.string() }), { subjectField: 'id' });
const payments = queue('payments', { from: '/shop/orders', messages: [charge] });
declare const id: string;
declare const state: { state: 'placed' };
declare const data: { id: string };
declare const bill: { id: string };
declare const context: CommandContext;
`,
  },
  {
    page: 'README.',
    begins: 'import { defineConsumer, event, topic }',
    before: `import { v7 as uuidv7 } from 'uuid';
import * as z from 'zod';
${TABLES.replace('DynamoDBDocumentClient', `import('@aws-sdk/lib-dynamodb').DynamoDBDocumentClient`)}
interface Order { version: number; state: 'placed' }
const order = z.object({ orderId: z.string(), quantity: z.number() });
declare const orderId: string;
declare const quantity: number;
declare const state: { state: 'placed' };
`,
  },
  {
    page: 'packages/cdk/README.md',
    begins: '// infra/app.ts',
    before: `${KIT}${ORDER_EVENTS}
const routes = { read: { method: 'GET', path: '/orders/{id}', access: 'read' } } as const;
const fulfilment = defineConsumer('fulfilment', { of: orderEvents });
const paymentCommands = defineConsumer('payments-commands', { of: payments });
`,
  },
  {
    page: 'packages/cli/README.md',
    begins: 'subscribers: {',
    before: `${KIT}${ORDER_EVENTS}
const erased = document('shop.order.erasure-done.v1', z.object({ orderId: z.string() }), ${about});
export const replies = queue('orders-replies', { from: '/shop/stock', messages: [erased], ordered: false });
export const confirmErasure = () => ({ set: {} });
export default defineApp({ name: 'shop',
`,
    after: '});',
  },
  { page: 'packages/cli/README.md', begins: 'import { Command, defineApp', before: '' },
  {
    page: 'packages/cli/README.md',
    begins: 'aggregates: [',
    before: `${KIT}${ORDER_EVENTS}
export default defineApp({ name: 'shop',
`,
    after: '});',
  },
  {
    page: 'packages/kit/README.md',
    begins: '// contracts.ts',
    before: `${KIT}${TABLES}
import { v7 as uuidv7 } from 'uuid';
interface Order { version: number; orderId: string; quantity: number }
declare const orderId: string;
declare const quantity: number;
`,
  },
  {
    page: 'packages/local/README.md',
    begins: 'import { startCloud }',
    before: "import { expect, it } from 'vitest';\n",
  },
  {
    page: 'packages/local/README.md',
    begins: 'import type { AppConfig }',
    before: '',
    files: {
      'test/payments.ts': `import type { AppConfig } from '@rollcall/local';
type Beside = ReturnType<NonNullable<AppConfig['beside']>>[number];
export declare const payments: (options: { port: number | undefined }) => Beside;
`,
    },
  },
];
