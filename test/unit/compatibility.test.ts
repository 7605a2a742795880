import { describe, expect, it } from 'vitest';
import { type Contracts, changesOf } from '../../ops/contracts/compatibility.ts';
import { documents, FOLDER } from '../../ops/contracts/documents.ts';
import type { Schema, Severity } from '../../ops/contracts/schema-changes.ts';
import { worst } from '../../ops/contracts/schema-changes.ts';

const REGISTERED = 'rollcall.member.registered.v1';

/** A new copy of the current contracts for each test. */
function contracts() {
  const today = documents();
  const json = (name: string) => JSON.parse(today.get(`${FOLDER}/${name}`) ?? '');
  return {
    openApi: json('openapi.json'),
    asyncApi: json('asyncapi.json'),
    messages: { [REGISTERED]: json(`messages/${REGISTERED}.json`) } as Record<string, any>,
  };
}
type Parsed = ReturnType<typeof contracts>;

function changed(change: (today: Parsed) => void) {
  const today = contracts();
  change(today);
  return changesOf(contracts() as Contracts, today as Contracts);
}

const message = (today: Parsed) => today.messages[REGISTERED];
const schema = (today: Parsed, name: string) => today.openApi.components.schemas[name];
const route = (today: Parsed, path: string, method = 'get') => today.openApi.paths[path][method];
const makeRequired = (object: Schema, name: string) => object.required?.push(name);
const makeOptional = (object: Schema, name: string) => {
  object.required = object.required?.filter((other) => other !== name) ?? [];
};

const patch: Array<[string, (today: Parsed) => void]> = [
  ['a message is described differently', (c) => (message(c).description = 'Somebody registered.')],
  ['a field of a message is described differently', (c) => (message(c).properties.phone.description = 'A phone.')],
  ['a field of a message gets a description', (c) => (message(c).properties.name.description = 'A name.')],
  ['a field loses its description', (c) => delete message(c).properties.phone.description],
  ['a message gets another example', (c) => message(c).examples.push({})],
  ['a message loses its examples', (c) => delete message(c).examples],
  ['a message gets a title', (c) => (message(c).title = 'Registered')],
  ['a resource is described differently', (c) => (schema(c, 'Member').description = 'Somebody.')],
  ['a resource gets another example', (c) => (schema(c, 'Member').examples = [])],
  ['a body is described differently', (c) => (schema(c, 'Registration').description = 'Who.')],
  ['a response is described differently', (c) => (route(c, '/v1').responses[200].description = 'Links.')],
  ['a channel is described differently', (c) => (c.asyncApi.channels['member-events'].description = 'Events.')],
];

const minor: Array<[string, (today: Parsed) => void]> = [
  ['a route is new', (c) => (c.openApi.paths['/v1/new'] = { get: { responses: {} } })],
  ['a method is new', (c) => (c.openApi.paths['/v1'].post = { responses: {} })],
  [
    'a route accepts one more header',
    (c) => route(c, '/v1').parameters.push({ $ref: '#/components/parameters/Prefer' }),
  ],
  ['a route is deprecated', (c) => (route(c, '/v1').deprecated = true)],
  ['a route returns one more problem', (c) => (route(c, '/v1').responses[418] = {})],
  ['a resource has one more field', (c) => (schema(c, 'Member').properties.nickname = { type: 'string' })],
  ['a body may have one more field', (c) => (schema(c, 'Registration').properties.nickname = { type: 'string' })],
  ['a field of a body becomes optional', (c) => makeOptional(schema(c, 'Registration'), 'name')],
  ['a body may be longer', (c) => (schema(c, 'Registration').properties.locale.maxLength = 99)],
  ['a message has one more optional field', (c) => (message(c).properties.nickname = { type: 'string' })],
  ['a message is new', (c) => (c.messages['rollcall.member.registered.v3'] = message(c))],
  ['a channel carries one more message', (c) => (c.asyncApi.channels['member-events'].messages.new = {})],
  ['a channel is new', (c) => (c.asyncApi.channels.new = { address: 'new', messages: {} })],
];

const major: Array<[string, (today: Parsed) => void]> = [
  ['a route is gone', (c) => delete c.openApi.paths['/v1']],
  ['a method is gone', (c) => delete c.openApi.paths['/v1/members/{id}'].patch],
  ['a route no longer returns a status', (c) => delete route(c, '/v1').responses[200]],
  [
    'a route requires If-Match',
    (c) => {
      route(c, '/v1/members', 'post').parameters.push({ $ref: '#/components/parameters/If-Match-required' });
    },
  ],
  ['a route no longer accepts a header', (c) => delete route(c, '/v1/members', 'post').parameters],
  ['a resource lacks a field', (c) => delete schema(c, 'Member').properties.name],
  ['a field of a resource becomes optional', (c) => makeOptional(schema(c, 'Member'), 'name')],
  ['a field of a resource has another type', (c) => (schema(c, 'Member').properties.version.type = 'string')],
  [
    'a field of a resource has a new possible value',
    (c) => schema(c, 'Operation').properties.state.enum.push('unknown'),
  ],
  [
    'a body has one more required field',
    (c) => {
      schema(c, 'Registration').properties.nickname = { type: 'string' };
      makeRequired(schema(c, 'Registration'), 'nickname');
    },
  ],
  [
    'a body has another schema',
    (c) => {
      route(c, '/v1/members', 'post').requestBody.content['application/json'].schema.$ref =
        '#/components/schemas/Other';
    },
  ],
  [
    'a body has another media type',
    (c) => {
      const { content } = route(c, '/v1/members', 'post').requestBody;
      content['text/xml'] = content['application/json'];
      delete content['application/json'];
    },
  ],
  ['a header must be shorter', (c) => (c.openApi.components.parameters['Idempotency-Key'].schema.maxLength = 8)],
  ['a header becomes required', (c) => (c.openApi.components.parameters.Prefer.required = true)],
  [
    'an id in a path has another form',
    (c) => (c.openApi.paths['/v1/members/{id}'].parameters[0].schema.type = 'integer'),
  ],
  ['a response no longer has Location', (c) => delete route(c, '/v1/members', 'post').responses[201].headers.Location],
  ['a resource lacks an optional field', (c) => delete schema(c, 'Operation').properties.problem],
  ['a body lacks an optional field', (c) => delete schema(c, 'Redemption').properties.expiresIn],
  ['a schema has a keyword that this check does not support', (c) => (schema(c, 'Registration').oneOf = [])],
  ['a body must be shorter', (c) => (schema(c, 'Registration').properties.locale.maxLength = 2)],
  ['a message lacks a field', (c) => delete message(c).properties.phone],
  [
    'a message has one more required field',
    (c) => {
      message(c).properties.nickname = { type: 'string' };
      makeRequired(message(c), 'nickname');
    },
  ],
  [
    'a field of a message is renamed',
    (c) => {
      message(c).properties.fullName = message(c).properties.name;
      delete message(c).properties.name;
    },
  ],
  ['a field of a message has another format', (c) => (message(c).properties.registeredAt.format = 'date')],
  ['a message is gone', (c) => delete c.messages[REGISTERED]],
  [
    'a channel carries one message less',
    (c) => delete c.asyncApi.channels['member-events'].messages.memberRegisteredV1,
  ],
  ['a channel moves', (c) => (c.asyncApi.channels['member-events'].address = 'elsewhere')],
  ['a channel is gone', (c) => delete c.asyncApi.channels['sms-commands']],
];

describe('a change of the contracts', () => {
  it('is not found if nothing changed', () => {
    expect(changed(() => {})).toEqual([]);
  });

  describe.each<[Severity, typeof patch]>([
    ['patch', patch],
    ['minor', minor],
    ['major', major],
  ])('requires a %s version', (severity, all) => {
    it.each(all)('if %s', (_, change) => {
      expect(worst(changed(change).map((found) => found.severity))).toBe(severity);
    });
  });
});
