import { idempotencyKey } from '@rollcall/kit/internal/contracts/fields';
import { problem, problemOf } from '@rollcall/kit/internal/contracts/problem';
import type { Route } from '@rollcall/kit/internal/contracts/route';
import { problemDocument } from '@rollcall/kit/internal/http/problems';
import * as z from 'zod';
import { api, type NamedSchema, type RouteContract, schemas } from '../../shared/contracts/api.ts';
import { memberId } from '../../shared/contracts/fields.ts';
import { kindOf, type ProblemCode, problems } from '../../shared/contracts/problem.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { jsonSchema } from './json-schema.ts';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const HEADERS = {
  'Idempotency-Key': {
    description: 'Repeated requests with the same key get the same response. 1 to 255 visible ASCII characters.',
    schema: jsonSchema(idempotencyKey),
  },
  'If-Match': {
    description: 'The ETag that the change is based on (RFC 9110 §13.1.1).',
    schema: { type: 'string' },
  },
  'If-None-Match': {
    description:
      "For a read: the ETag of the caller's copy. For a change: the ETag of the version that must not be changed (RFC 9110 §13.1.2).",
    schema: { type: 'string' },
  },
  Prefer: {
    description: '`wait=N` waits until the operation has ended, for at most N seconds. The maximum is 20 (RFC 7240).',
    schema: { type: 'string' },
  },
};

const RESPONSE_HEADERS = {
  ETag: { description: 'The version of the returned resource.', schema: { type: 'string' } },
  'Preference-Applied': { description: 'The applied preference (RFC 7240).', schema: { type: 'string' } },
  Location: { description: 'URL of the new resource.', schema: { type: 'string' } },
  Deprecation: {
    description: 'Date since which this route is deprecated (RFC 9745).',
    schema: { type: 'string' },
  },
  Sunset: { description: 'Date after which this route may be unavailable (RFC 8594).', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds to wait before the next request.', schema: { type: 'string' } },
};

type ResponseHeader = keyof typeof RESPONSE_HEADERS;

const headers = (names: readonly ResponseHeader[]) =>
  names.length === 0
    ? {}
    : { headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])) };

const requestContent = ({ name }: NamedSchema) => ({ content: { 'application/json': { schema: ref(name) } } });

const content = (body: NamedSchema | string | undefined) => {
  if (body === undefined) return {};
  if (typeof body !== 'string') {
    const schema = ref(body.name);
    const inXml = { ...schema, xml: { name: 'resource' } };
    return { content: { 'application/json': { schema }, 'application/xml': { schema: inXml } } };
  }
  const schema = body === 'application/json' ? { type: 'object' } : { type: 'string' };
  return { content: { [body]: { schema } } };
};

/** The XML format of problems: RFC 9457, appendix B. */
const PROBLEM_XML = { name: 'problem', namespace: 'urn:ietf:rfc:7807' };

/** Returns the name of a problem's schema: `phone-taken` becomes `PhoneTakenProblem`. */
const problemName = (code: ProblemCode) =>
  `${code}-problem`.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The responses with problems, by status. Problems with the same status differ in their type. */
function problemResponses(codes: readonly ProblemCode[]) {
  const byStatus = Map.groupBy(codes, (code) => problems[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => {
      const schema =
        some.length === 1
          ? ref(problemName(some[0] as ProblemCode))
          : { oneOf: some.map((code) => ref(problemName(code))) };
      const examples = Object.fromEntries(
        some.map((code) => [code, { value: problemDocument(kindOf(code), problems[code].detail) }]),
      );
      return [
        status,
        {
          description: some.map((code) => problems[code].description).join(' Or: '),
          ...headers(some.includes('busy') ? ['Retry-After'] : []),
          content: {
            'application/problem+json': { schema, examples },
            'application/problem+xml': { schema: ref('Problem') },
          },
        },
      ];
    }),
  );
}

function operation(id: string, route: Route, contract: RouteContract) {
  const { summary, tag, body, responses, optionalHeaders = [], requiredHeaders = [], deprecated } = contract;
  const isRead = route.method === 'GET';
  const responseHeaders = (status: string): ResponseHeader[] => [
    ...(isRead || requiredHeaders.includes('If-Match') || status === '201' ? (['ETag'] as const) : []),
    ...(route.method === 'POST' ? (['Location'] as const) : []),
    ...(optionalHeaders.includes('Prefer') ? (['Preference-Applied', 'Retry-After'] as const) : []),
    ...(deprecated ? (['Deprecation', 'Sunset'] as const) : []),
  ];
  const parameters = [
    ...optionalHeaders.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ...requiredHeaders.map((name) => ({ $ref: `#/components/parameters/${name}-required` })),
    ...(isRead ? [{ $ref: '#/components/parameters/If-None-Match' }] : []),
  ];
  return {
    operationId: id,
    summary,
    tags: [tag],
    ...(deprecated && { deprecated }),
    ...(isRead && { description: 'HEAD returns the same headers without a body.' }),
    ...(route.access !== 'public' && { security: [{ token: [] }] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, ...requestContent(body) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(responses).map(([status, { description, body: responseBody }]) => [
          status,
          { description, ...headers(responseHeaders(status)), ...content(responseBody) },
        ]),
      ),
      ...(isRead && {
        304: { description: 'Not modified: the caller has the current version.', ...headers(['ETag']) },
      }),
      ...(route.access !== 'public' && { 401: { description: 'The token is missing or invalid.' } }),
      ...problemResponses(contract.problems),
    },
  };
}

/** Builds the OpenAPI 3.1 document of the API. */
export function openApi(version: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  const usedProblems = new Set(Object.values(api).flatMap(({ problems: codes }) => codes));
  for (const [id, route] of Object.entries(routes)) {
    paths[route.path] ??= route.path.includes('{id}')
      ? { parameters: [{ name: 'id', in: 'path', required: true, schema: jsonSchema(idOf(route.path)) }] }
      : {};
    Object.assign(paths[route.path] ?? {}, {
      [route.method.toLowerCase()]: operation(id, route, api[id as keyof typeof api]),
    });
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Rollcall',
      version,
      description:
        'Members register, are welcomed, get points and redeem them. Errors are problem documents (RFC 9457). A client that follows `_links` needs to know only the path `/v1`. Request bodies are JSON. Response bodies are JSON, or XML if `Accept` asks for it. In XML, each field is an element, each array item is an element `<i>`, and null is marked with `nil="true"`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:4000', description: 'The embedded cloud' }],
    security: [],
    tags: [
      { name: 'Members', description: 'Registration, and data about a member.' },
      { name: 'Points', description: 'The account, and how points are redeemed.' },
      { name: 'Guide', description: "The guide in a member's inbox." },
      { name: 'About', description: 'The API itself.' },
    ],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            "A token of the stage's OpenID provider. Its subject must be the member, or its scopes must allow access to every member. Otherwise, the response is 404.",
        },
      },
      schemas: {
        ...Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, jsonSchema(schema)])),
        Problem: { ...jsonSchema(problem), xml: PROBLEM_XML },
        ...Object.fromEntries(
          (Object.keys(problems) as ProblemCode[])
            .filter((code) => usedProblems.has(code))
            .map((code) => [problemName(code), jsonSchema(problemOf(code, problems[code]))]),
        ),
      },
      parameters: {
        ...Object.fromEntries(
          Object.entries(HEADERS).map(([name, parameter]) => [name, { name, in: 'header', ...parameter }]),
        ),
        'If-Match-required': { name: 'If-Match', in: 'header', required: true, ...HEADERS['If-Match'] },
      },
      headers: RESPONSE_HEADERS,
    },
  };
}

const idOf = (path: string) => (path.includes('/members/') ? memberId : z.uuid().meta({ description: 'Id.' }));
