// The files of the service `items` that are the same in every app.

export const apiHandler = `\
import { createDynamoDB, readEnvironment, text } from '@rollcall/kit/aws';
import { causeOf, committed, endpoint, json, jsonEndpoint, notFound, pathId, pathOf } from '@rollcall/kit/http';
import { createPublisher, draft } from '@rollcall/kit/messaging';
import { createObservability } from '@rollcall/kit/observability';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { itemAdded, itemEvents, newItem, routes } from '../../shared/contracts.ts';

/** An item as its table keeps it. */
interface Item extends z.output<typeof newItem> {
  version: number;
}

const { ITEMS_TABLE: table, OUTBOX_TABLE: outboxTable } = readEnvironment(
  z.object({ ITEMS_TABLE: text, OUTBOX_TABLE: text }),
);
const { logger } = createObservability('items');
const items = createPublisher<Item, typeof itemEvents>(itemEvents, { client: createDynamoDB(), table, outboxTable });

const shown = (id: string, { name }: Item, status: number) =>
  json(status, { id, name, _links: { self: { href: pathOf(routes.read, { id }) } } });

export const add = jsonEndpoint(logger, newItem, async (event, { name }) => {
  const id = newId();
  const added = await items.create(
    id,
    { state: { name }, events: [draft(itemAdded, { itemId: id, name })] },
    { ...causeOf(event), now: new Date(), newId },
  );
  return shown(id, committed(added, \`item \${id}\`), 201);
});

export const read = endpoint(logger, async (event) => {
  const id = pathId(event, 'item');
  const item = await items.read(id);
  if (!item) throw notFound(\`item \${id}\`);
  return shown(id, item, 200);
});
`;

export const publishHandler = `\
import { outboxFunctions } from '@rollcall/kit/messaging';

export const { relay, sweep } = outboxFunctions();
`;

export const itemsTest = `\
import { type Cloud, startCloud } from '@rollcall/local';
import { afterAll, beforeAll, expect, it } from 'vitest';

let cloud: Cloud;
let authorization: string;
beforeAll(async () => {
  cloud = await startCloud({ app: import.meta.dirname });
  authorization = \`Bearer \${await cloud.issuer.token({ scope: 'read write' })}\`;
});
afterAll(() => cloud.stop());

it('an item that is added can be read, and is published once', async () => {
  const { status, body } = await cloud.request('POST', '/items', { name: 'a book' }, { authorization });
  expect(status).toBe(201);
  const read = await cloud.request('GET', \`/items/\${body.id}\`, undefined, { authorization });
  expect(read.body).toMatchObject({ name: 'a book' });
  await cloud.settled();
  expect(cloud.published('item-events')).toHaveLength(1);
});
`;
