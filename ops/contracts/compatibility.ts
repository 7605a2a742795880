import { type Change, type Schema, type Side, schemaChanges } from './schema-changes.ts';

/** The documents to compare, parsed. */
export interface Contracts {
  openApi: OpenApi;
  asyncApi: AsyncApi;
  /** JSON Schemas of messages, by type. */
  messages: Record<string, Schema>;
}

interface Content {
  content?: Record<string, { schema?: Schema; examples?: Record<string, unknown> }>;
  headers?: Record<string, unknown>;
}

interface Operation {
  deprecated?: boolean;
  parameters?: Array<{ $ref: string }>;
  requestBody?: Content;
  responses: Record<string, Content & { description?: string }>;
}

interface Parameter {
  required?: boolean;
  schema: Schema;
}

interface OpenApi {
  paths: Record<string, Record<string, Operation | unknown>>;
  components: { schemas: Record<string, Schema>; parameters: Record<string, Parameter> };
}

interface AsyncApi {
  channels: Record<string, { address: string; description?: string; messages: Record<string, unknown> }>;
}

/** Returns the changes of the public contracts since their release. */
export function changesOf(released: Contracts, today: Contracts): Change[] {
  return [
    ...routeChanges(released.openApi, today.openApi),
    ...parameterChanges(released.openApi, today.openApi),
    ...bodyChanges(released.openApi, today.openApi),
    ...channelChanges(released.asyncApi, today.asyncApi),
    ...messageChanges(released.messages, today.messages),
  ];
}

const operationsOf = ({ paths }: OpenApi) =>
  new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method]) => method !== 'parameters')
        .map(([method, operation]): [string, Operation] => [`${method.toUpperCase()} ${path}`, operation as Operation]),
    ),
  );

const added = (before: Iterable<string>, after: Iterable<string>) => {
  const known = new Set(before);
  return [...after].filter((key) => !known.has(key));
};

function routeChanges(before: OpenApi, after: OpenApi): Change[] {
  const [old, now] = [operationsOf(before), operationsOf(after)];
  const changes: Change[] = added(old.keys(), now.keys()).map((where) => ({
    severity: 'minor',
    where,
    what: 'is new',
  }));
  for (const [where, was] of old) {
    const is = now.get(where);
    if (!is) changes.push({ severity: 'major', where, what: 'is removed' });
    else changes.push(...operationChanges(where, was, is));
  }
  return changes;
}

function operationChanges(where: string, was: Operation, is: Operation): Change[] {
  const changes: Change[] = [];
  const add = (severity: Change['severity'], what: string) => changes.push({ severity, where, what });
  if (was.deprecated !== is.deprecated) add('minor', is.deprecated ? 'is deprecated' : 'is no longer deprecated');
  if (!was.requestBody && is.requestBody) add('major', 'requires a body');
  const bodies = ({ requestBody: { content = {} } = {} }: Operation) =>
    Object.entries(content).map(([type, { schema }]) => `${schema?.$ref ?? 'a body'} as ${type}`);
  for (const body of added(bodies(is), bodies(was))) add('major', `no longer accepts ${body}`);
  const parameters = ({ parameters: all = [] }: Operation) => all.map(({ $ref }) => $ref.split('/').at(-1) ?? '');
  for (const name of added(parameters(was), parameters(is))) {
    // The name of a required parameter ends with `-required`. A new required parameter is a breaking change, because
    // existing requests lack it.
    add(name.endsWith('-required') ? 'major' : 'minor', `accepts ${name}`);
  }
  for (const name of added(parameters(is), parameters(was))) add('major', `no longer accepts ${name}`);
  const [old, now] = [was.responses, is.responses];
  for (const status of added(Object.keys(now), Object.keys(old))) {
    add(Number(status) < 400 ? 'major' : 'minor', `no longer returns ${status}`);
  }
  for (const status of added(Object.keys(old), Object.keys(now))) {
    add(Number(status) < 300 ? 'major' : 'minor', `returns ${status}`);
  }
  for (const [status, answer] of Object.entries(old)) {
    const next = now[status];
    if (!next) continue;
    for (const type of added(Object.keys(next.content ?? {}), Object.keys(answer.content ?? {}))) {
      add('major', `no longer returns ${status} as ${type}`);
    }
    for (const type of added(Object.keys(answer.content ?? {}), Object.keys(next.content ?? {}))) {
      add('minor', `returns ${status} as ${type}`);
    }
    const problems = ({ content = {} }: Content) => Object.keys(content['application/problem+json']?.examples ?? {});
    for (const code of added(problems(answer), problems(next))) add('minor', `may return the problem ${code}`);
    for (const code of added(problems(next), problems(answer))) add('minor', `no longer returns the problem ${code}`);
    for (const name of added(Object.keys(next.headers ?? {}), Object.keys(answer.headers ?? {}))) {
      add('major', `no longer returns ${status} with ${name}`);
    }
    for (const name of added(Object.keys(answer.headers ?? {}), Object.keys(next.headers ?? {}))) {
      add('minor', `returns ${status} with ${name}`);
    }
    const resourceOf = ({ content = {} }: Content) => content['application/json']?.schema?.$ref;
    if (resourceOf(answer) !== resourceOf(next)) add('major', `returns ${status} with another resource`);
    if (answer.description !== next.description) add('patch', `${status} is described differently`);
  }
  return changes;
}

/** Compares the headers and path parameters of requests. */
function parameterChanges(before: OpenApi, after: OpenApi): Change[] {
  const changes = Object.entries(before.components.parameters).flatMap(([name, was]): Change[] => {
    const is = after.components.parameters[name];
    if (!is) return [];
    const where = `parameter ${name}`;
    const required: Change[] =
      is.required && !was.required ? [{ severity: 'major', where, what: 'is now required' }] : [];
    return [...required, ...schemaChanges(was.schema, is.schema, ['sent'], where)];
  });
  for (const [path, { parameters }] of Object.entries(before.paths)) {
    const now = after.paths[path]?.parameters as Parameter[] | undefined;
    for (const [index, { schema }] of ((parameters ?? []) as Parameter[]).entries()) {
      changes.push(...schemaChanges(schema, now?.[index]?.schema ?? schema, ['sent'], path));
    }
  }
  return changes;
}

/** Whether clients send or read a named schema, according to the routes. */
function sidesOf(api: OpenApi, name: string): Side[] {
  const referencesIn = ({ content = {} }: Content) =>
    Object.values(content).flatMap(({ schema }) =>
      [schema, ...((schema?.oneOf ?? []) as Schema[])].map((one) => one?.$ref),
    );
  const refersToSchema = ($ref: unknown) => $ref === `#/components/schemas/${name}`;
  const operations = [...operationsOf(api).values()];
  const isSent = operations.some(({ requestBody = {} }) => referencesIn(requestBody).some(refersToSchema));
  const isRead = operations.some(({ responses }) =>
    Object.values(responses).flatMap(referencesIn).some(refersToSchema),
  );
  return [...(isSent ? (['sent'] as const) : []), ...(isRead ? (['read'] as const) : [])];
}

function bodyChanges(before: OpenApi, after: OpenApi): Change[] {
  return Object.entries(before.components.schemas).flatMap(([name, schema]) => {
    const next = after.components.schemas[name];
    // If a schema is removed, the routes that referred to it have changed, and these changes are already reported.
    return next ? schemaChanges(schema, next, sidesOf(before, name), name) : [];
  });
}

function channelChanges(before: AsyncApi, after: AsyncApi): Change[] {
  const changes: Change[] = [];
  for (const name of added(Object.keys(before.channels), Object.keys(after.channels))) {
    changes.push({ severity: 'minor', where: `channel ${name}`, what: 'is new' });
  }
  for (const [name, was] of Object.entries(before.channels)) {
    const where = `channel ${name}`;
    const is = after.channels[name];
    if (!is) {
      changes.push({ severity: 'major', where, what: 'is removed' });
      continue;
    }
    if (was.address !== is.address) changes.push({ severity: 'major', where, what: `moved to ${is.address}` });
    if (was.description !== is.description)
      changes.push({ severity: 'patch', where, what: 'is described differently' });
    for (const message of added(Object.keys(is.messages), Object.keys(was.messages))) {
      changes.push({ severity: 'major', where, what: `no longer carries ${message}` });
    }
    for (const message of added(Object.keys(was.messages), Object.keys(is.messages))) {
      changes.push({ severity: 'minor', where, what: `carries ${message}` });
    }
  }
  return changes;
}

function messageChanges(before: Record<string, Schema>, after: Record<string, Schema>): Change[] {
  const changes: Change[] = added(Object.keys(before), Object.keys(after)).map((where) => ({
    severity: 'minor',
    where,
    what: 'is new',
  }));
  for (const [type, schema] of Object.entries(before)) {
    const next = after[type];
    if (!next) changes.push({ severity: 'major', where: type, what: 'is removed' });
    else changes.push(...schemaChanges(schema, next, ['sent', 'read'], type));
  }
  return changes;
}
