import { createDynamoDB, readEnvironment, text } from '@rollcall/kit/aws';
import {
  causeOf,
  committed,
  endpoint,
  etag,
  evaluate,
  type HttpEvent,
  json,
  jsonEndpoint,
  notFound,
  pathId,
  pathOf,
  preconditions,
} from '@rollcall/kit/http';
import { createObservability } from '@rollcall/kit/observability';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { newOrder, orderChange, routes } from '../../shared/contracts.ts';
import * as decisions from './order.ts';
import { createOrders } from './store.ts';

const tables = readEnvironment(z.object({ ORDERS_TABLE: text, OUTBOX_TABLE: text }));
const { logger } = createObservability('orders');
const { orders, paymentOf } = createOrders({ client: createDynamoDB(), ...tables });

const contextOf = (event: HttpEvent) => ({ ...causeOf(event), now: new Date(), newId });

const shown = (id: string, { item, quantity, cents, state, version }: decisions.Order, payment: string) =>
  json(
    200,
    { id, item, quantity, cents, state, payment, _links: { self: { href: pathOf(routes.read, { id }) } } },
    { etag: etag(version) },
  );

/** What an `If-Match` of the request forbids is a problem; whoever sends none changes what is there. */
async function change(
  event: HttpEvent,
  decide: (id: string, before: decisions.Order) => decisions.OrderDecision | undefined,
) {
  const id = pathId(event, 'order');
  const changed = await orders.change(
    id,
    (before) => {
      evaluate(preconditions(event), etag(before.version), false);
      return decide(id, before);
    },
    contextOf(event),
  );
  return shown(id, committed(changed, `order ${id}`), await paymentOf(id));
}

export const create = jsonEndpoint(logger, newOrder, async (event, body) => {
  const id = newId();
  const created = await orders.create(id, decisions.place(id, body), contextOf(event));
  return { ...shown(id, committed(created, `order ${id}`), 'pending'), statusCode: 201 };
});

export const read = endpoint(logger, async (event) => {
  const id = pathId(event, 'order');
  const [order, payment] = await Promise.all([orders.read(id), paymentOf(id)]);
  if (!order) throw notFound(`order ${id}`);
  return shown(id, order, payment);
});

export const update = jsonEndpoint(logger, orderChange, (event, body) =>
  change(event, (id, before) => decisions.update(id, before, body)),
);

export const cancel = endpoint(logger, (event) => change(event, decisions.cancel));
