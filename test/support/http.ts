import { allowedMethods } from '@rollcall/kit/internal/http/routing';
import type { HttpEvent, HttpResponse } from '@rollcall/kit/internal/http/secured';
import type { Context } from 'aws-lambda';
import { routes } from '../../shared/contracts/routes.ts';
import { memberIdOf, TIME } from './builders.ts';

/** What the functions of registration are configured with; the limits are out of the way. */
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

/** A client whose tables have one member and take every write. */
export class OneMemberTables {
  readonly written: Array<Record<string, any>> = [];
  /** What each request fails with; each transaction. */
  failure: Error | undefined;
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

/** A request as the HTTP API hands it to a function: bytes in Base64. */
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

/** Calls a function, or the handler that it is. */
export const call = (handler: unknown, parts: RequestParts) =>
  (handler as (event: HttpEvent, context: Context) => Promise<HttpResponse>)(httpEvent(parts), context);
