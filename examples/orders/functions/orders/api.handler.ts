import { createDynamoDB, readEnvironment } from '@rollcall/kit/aws';
import {
  busy,
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
import type { CommandContext } from '@rollcall/kit/messaging';
import { createObservability } from '@rollcall/kit/observability';
import { v7 as newId } from 'uuid';
import { newOrder, orderChange, routes } from '../../shared/contracts.ts';
import * as decisions from './order.ts';
import { createOrders, tablesOfOrders } from './store.ts';

const tables = readEnvironment(tablesOfOrders);
const { logger } = createObservability('orders');
const { orders, approvals } = createOrders({ client: createDynamoDB(), ...tables });

const contextOf = (event: HttpEvent) => ({ ...causeOf(event), now: new Date(), newId });

const orderResponse = (id: string, { item, quantity, cents, state, because, version }: decisions.Order) =>
  json(
    200,
    { id, item, quantity, cents, state, because, _links: { self: { href: pathOf(routes.read, { id }) } } },
    { etag: etag(version) },
  );

/**
 * Changes an order. Responds with a problem if `If-Match` does not match. Without this header, changes the current
 * version.
 */
async function change(
  event: HttpEvent,
  decide: (
    id: string,
    before: decisions.Order,
    context: CommandContext,
  ) => decisions.OrderDecision | undefined | Promise<decisions.OrderDecision | undefined>,
) {
  const id = pathId(event, 'order');
  const context = contextOf(event);
  const changed = await orders.change(
    id,
    (before) => {
      evaluate(preconditions(event), etag(before.version), false);
      return decide(id, before, context);
    },
    context,
  );
  if (changed.result === 'refused')
    throw busy(`The approval of order ${id} made progress at the same time. Try again.`);
  return orderResponse(id, committed(changed, `order ${id}`));
}

export const create = jsonEndpoint(logger, newOrder, async (event, body) => {
  const id = newId();
  const context = contextOf(event);
  const approval = approvals.start(id, { orderId: id, ...body }, context);
  const created = await orders.create(id, decisions.place(id, body, approval), context);
  if (created.result === 'refused') throw busy('Try again.');
  return { ...orderResponse(id, committed(created, `order ${id}`)), statusCode: 201 };
});

export const read = endpoint(logger, async (event) => {
  const id = pathId(event, 'order');
  const order = await orders.read(id);
  if (!order) throw notFound(`order ${id}`);
  return orderResponse(id, order);
});

export const update = jsonEndpoint(logger, orderChange, (event, body) =>
  change(event, (id, before) => decisions.update(id, before, body)),
);

export const cancel = endpoint(logger, (event) =>
  change(event, async (id, before, context) => {
    const because = 'by its customer';
    const approval = await approvals.read(id);
    // Also cancels the approval if it is in progress. An approval with `because` is already compensating its steps. An
    // approval that has ended has already changed the order.
    const isInProgress =
      before.state === 'open' &&
      approval !== undefined &&
      approval.because === undefined &&
      approval.endedAt === undefined;
    return decisions.cancel(
      id,
      before,
      because,
      isInProgress ? approvals.cancel(approval, because, context) : undefined,
    );
  }),
);
