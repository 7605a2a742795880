import { allowedMethods } from '@rollcall/kit/internal/http/routing';
import type { HttpEvent, HttpResponse } from '@rollcall/kit/internal/http/secured';
import type { Context } from 'aws-lambda';
import { routes } from '../../shared/contracts/routes.ts';
import { memberIdOf, TIME } from './builders.ts';

/** The environment of the registration functions, with limits that tests do not reach. */
export const REGISTRATION_ENVIRONMENT = {
  MEMBERS_TABLE: 'members',
  OUTBOX_TABLE: 'outbox',
  SWITCHES_TABLE: 'switches',
  LIMITS_TABLE: 'limits',
  LIMITS: JSON.stringify({
    caller: { burst: 1_000_000, perMinute: 1_000_000 },
    phone: { burst: 1_000_000, perMinute: 1_000_000 },
  }),
  SCOPES: JSON.stringify({ read: 'members:read', write: 'members:write' }),
  DIRECTORY: 'rollcall-test',
  PSEUDONYMS_SECRET: 'pseudonyms',
  PHONES_REMEMBERED_DAYS: '365',
};

/** A client whose tables contain one member, and accept every write. */
export class OneMemberTables {
  readonly written: Array<Record<string, any>> = [];
  /** If it is set, every request fails with this error. */
  failure: Error | undefined;
  /** If it is set, every transaction fails with this error. */
  refusal: Error | undefined;

  async send({ constructor: { name }, input }: { constructor: { name: string }; input: any }) {
    if (this.failure) throw this.failure;
    if (this.refusal && name === 'TransactWriteCommand') throw this.refusal;
    if (name === 'GetCommand' && input.Key.pk === `member#${memberIdOf(1)}`) return { Item: { ...MEMBER } };
    if (name === 'UpdateCommand') return { Attributes: { fullAt: 0 } };
    if (name === 'TransactWriteCommand')
      this.written.push(...input.TransactItems.map(({ Put }: any) => Put?.Item ?? {}));
    return {};
  }
}

const MEMBER = {
  pk: `member#${memberIdOf(1)}`,
  status: 'active',
  id: memberIdOf(1),
  phone: '+34612345678',
  name: 'Lucía',
  locale: 'es',
  version: 1,
  registeredAt: TIME.toISOString(),
};

export interface RequestParts {
  method?: string;
  path?: string;
  id?: string;
  query?: string;
  headers?: Record<string, string>;
  body?: string | Buffer | undefined;
}

/** Creates a request in the format in which the HTTP API sends it to a function. Bytes are encoded in Base64. */
export function httpEvent({
  method = 'GET',
  path = '/v1',
  id,
  query = '',
  headers = {},
  body,
}: RequestParts): HttpEvent {
  const route = Object.values(routes).find(
    (one) => method !== 'OPTIONS' && allowedMethods([one], path).includes(method),
  );
  const routeKey = route ? `${method} ${route.path}` : '$default';
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: query,
    headers,
    isBase64Encoded: Buffer.isBuffer(body),
    ...(id !== undefined && { pathParameters: { id } }),
    ...(body !== undefined && { body: Buffer.isBuffer(body) ? body.toString('base64') : body }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'test',
      ...{ authorizer: { jwt: { claims: { sub: 'operator', scope: 'members:read members:write' } } } },
      domainName: 'test.example',
      domainPrefix: 'test',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'test',
      routeKey,
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
  };
}

const context = { getRemainingTimeInMillis: () => 10_000 } as Context;

/** Calls the handler of a function. */
export const call = (handler: unknown, parts: RequestParts) =>
  (handler as (event: HttpEvent, context: Context) => Promise<HttpResponse>)(httpEvent(parts), context);
