/** The names that the generated files of a service contain. */
export interface ServiceNames {
  /** Name of the application. */
  app: string;
  service: string;
  /** Name of its aggregate, in the singular, such as `item`. */
  aggregate: string;
  /** Path of its contracts, relative to the app's folder. */
  contracts: string;
  /** The scopes of a token that allows all requests. */
  scope: string;
}

export const contractsFile = ({ app, service, aggregate }: ServiceNames): string => `\
import { event, type Route, topic } from '@rollcall/kit/contracts';
import * as z from 'zod';

const about = { name: z.string().min(1).max(100) };

export const ${aggregate}Added = event('${app}.${aggregate}.added.v1', z.object({ ${aggregate}Id: z.uuid(), ...about }), {
  subjectField: '${aggregate}Id',
});

export const ${aggregate}Events = topic('${aggregate}-events', { from: '/${app}/${service}', messages: [${aggregate}Added] });

export const ${aggregate}Routes = {
  add: { method: 'POST', path: '/${service}', access: 'write' },
  read: { method: 'GET', path: '/${service}/{id}', access: 'read' },
} as const satisfies Record<string, Route>;

export const ${aggregate}Body = z.strictObject(about);
`;

export const apiHandler = ({ service, aggregate, contracts }: ServiceNames): string => `\
import { createDynamoDB, readEnvironment, text } from '@rollcall/kit/aws';
import { causeOf, committed, endpoint, json, jsonEndpoint, notFound, pathId, pathOf } from '@rollcall/kit/http';
import { createPublisher, draft } from '@rollcall/kit/messaging';
import { createObservability } from '@rollcall/kit/observability';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { ${[`${aggregate}Added`, `${aggregate}Body`, `${aggregate}Events`, `${aggregate}Routes`].join(', ')} } from '../../${contracts}';

/** The state of one ${aggregate} in the table. */
interface State extends z.output<typeof ${aggregate}Body> {
  version: number;
}

const { ${service.toUpperCase()}_TABLE: table, OUTBOX_TABLE: outboxTable } = readEnvironment(
  z.object({ ${service.toUpperCase()}_TABLE: text, OUTBOX_TABLE: text }),
);
const { logger } = createObservability('${service}');
const publisher = createPublisher<State, typeof ${aggregate}Events>(${aggregate}Events, {
  client: createDynamoDB(),
  table,
  outboxTable,
});

const shown = (id: string, { name }: State, status: number) =>
  json(status, { id, name, _links: { self: { href: pathOf(${aggregate}Routes.read, { id }) } } });

export const add = jsonEndpoint(logger, ${aggregate}Body, async (event, { name }) => {
  const id = newId();
  const added = await publisher.create(
    id,
    { state: { name }, events: [draft(${aggregate}Added, { ${aggregate}Id: id, name })] },
    { ...causeOf(event), now: new Date(), newId },
  );
  return shown(id, committed(added, \`${aggregate} \${id}\`), 201);
});

export const read = endpoint(logger, async (event) => {
  const id = pathId(event, '${aggregate}');
  const state = await publisher.read(id);
  if (!state) throw notFound(\`${aggregate} \${id}\`);
  return shown(id, state, 200);
});
`;

export const publishHandler = `\
import { outboxFunctions } from '@rollcall/kit/messaging';

export const { relay, sweep } = outboxFunctions();
`;

export const serviceTest = ({ service, aggregate, scope }: ServiceNames): string => `\
import { type Cloud, startCloud } from '@rollcall/local';
import { afterAll, beforeAll, expect, it } from 'vitest';

let cloud: Cloud;
let authorization: string;
beforeAll(async () => {
  cloud = await startCloud({ app: import.meta.dirname });
  authorization = \`Bearer \${await cloud.issuer.token({ scope: '${scope}' })}\`;
});
afterAll(() => cloud.stop());

it('a new ${aggregate} can be read, and is published once', async () => {
  const { status, body } = await cloud.request('POST', '/${service}', { name: 'a book' }, { authorization });
  expect(status).toBe(201);
  const read = await cloud.request('GET', \`/${service}/\${body.id}\`, undefined, { authorization });
  expect(read.body).toMatchObject({ name: 'a book' });
  await cloud.settled();
  expect(cloud.published('${aggregate}-events')).toHaveLength(1);
});
`;

/** The statement that adds the service to the RollcallApp. */
export const publisherStatement = (app: string, { service, aggregate }: ServiceNames): string =>
  `${app}.publisher('${service}', { of: ${aggregate}Events, routes: ${aggregate}Routes });`;
