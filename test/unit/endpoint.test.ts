import { Logger } from '@aws-lambda-powertools/logger';
import { endpoint } from '@rollcall/kit/internal/http/endpoint';
import type { HttpEvent } from '@rollcall/kit/internal/http/secured';
import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';

const event = {
  routeKey: 'GET /v1/members/{id}',
  rawPath: '/v1',
  headers: {},
  requestContext: { http: { method: 'GET' } },
} as unknown as HttpEvent;

/** @param leftMs the remaining time of the function */
const call = (handle: () => Promise<never>, leftMs: number) =>
  endpoint(new Logger({ logLevel: 'SILENT' }), handle)(event, {
    awsRequestId: 'request',
    getRemainingTimeInMillis: () => leftMs,
  } as Context);

describe('an endpoint', () => {
  it('asks the client to retry when its function runs out of time', async () => {
    const { statusCode, headers } = await call(() => new Promise(() => {}), 50);
    expect({ statusCode, again: headers?.['retry-after'] }).toEqual({ statusCode: 503, again: '1' });
  });

  it('asks the client to retry when a call to AWS timed out', async () => {
    const unanswered = () => Promise.reject(Object.assign(new Error('no answer'), { name: 'TimeoutError' }));
    expect((await call(unanswered, 10_000)).statusCode).toBe(503);
  });
});
