import { Logger } from '@aws-lambda-powertools/logger';
import { endpoint, json, jsonEndpoint, Problem, preconditions } from '@rollcall/kit/http';
import type { HttpEvent } from '@rollcall/kit/internal/http/secured';
import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const logger = new Logger({ logLevel: 'SILENT' });
const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 10_000 } as Context;

const requestOf = (headers: Record<string, string>, method = 'GET', body?: string) =>
  ({
    routeKey: `${method} /v1/things`,
    rawPath: '/v1/things',
    headers,
    requestContext: { http: { method } },
    ...(body !== undefined && { body }),
  }) as unknown as HttpEvent;

const RESOURCE = { name: 'Ana & <Bo>', tags: ['a', 'b'], note: null, good: true, _links: { self: { href: '/v1' } } };
const read = endpoint(logger, async () => json(200, RESOURCE, { etag: '"3"', 'cache-control': 'no-cache' }));
const untagged = endpoint(logger, async () => json(200, RESOURCE));

const typeOf = async (accept: string) => {
  const { statusCode, headers } = await read(requestOf({ accept }), context);
  return [statusCode, headers?.['content-type']];
};

describe('a resource', () => {
  it.each([
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/json', 'application/json'],
    ['application/json, application/xml', 'application/json'],
    ['application/xml;q=0.9, application/json', 'application/json'],
    ['application/xml;q=0, */*', 'application/json'],
    // The header of a browser.
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'application/json'],
    ['application/xml', 'application/xml'],
    ['application/xml, application/json;q=0.5', 'application/xml'],
    ['image/png, application/xml;q=0.2, application/json;q=0.1', 'application/xml'],
    ['application/json;q=0, */*', 'application/xml'],
  ])('requested with the Accept header "%s" is returned as %s', async (accept, type) => {
    expect(await typeOf(accept)).toEqual([200, type]);
  });

  it.each(['image/png', 'application/json;q=0', 'text/xml'])(
    'requested with the Accept header "%s" is refused',
    async (accept) => {
      expect(await typeOf(accept)).toEqual([406, 'application/problem+json']);
    },
  );

  it('has its exact JSON, and the same content in XML', async () => {
    expect((await read(requestOf({}), context)).body).toBe(JSON.stringify(RESOURCE));
    expect((await read(requestOf({ accept: 'application/xml' }), context)).body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<resource><name>Ana &amp; &lt;Bo&gt;</name><tags><i>a</i><i>b</i></tags><note nil="true"/><good>true</good><_links><self><href>/v1</href></self></_links></resource>\n',
    );
  });

  it('has Vary: Accept, also in a 304', async () => {
    const answers = [
      requestOf({}),
      requestOf({ accept: 'application/xml' }),
      requestOf({ 'if-none-match': '"3"' }),
    ].map(async (event) => (await read(event, context)).headers?.vary);
    expect(await Promise.all(answers)).toEqual(['Accept', 'Accept', 'Accept']);
  });

  it.each([
    ['derived from a version', read],
    ['derived from the body', untagged],
  ])('has another entity tag in XML (%s), and If-None-Match accepts the XML tag only for XML', async (_, handler) => {
    const tagOf = async (headers: Record<string, string>) => {
      const { statusCode, headers: answered } = await handler(requestOf(headers), context);
      return { statusCode, tag: String(answered?.etag) };
    };
    const inJson = await tagOf({});
    const inXml = await tagOf({ accept: 'application/xml' });
    expect(inXml.tag).not.toBe(inJson.tag);
    const again = async (accept: string, tag: string) => (await tagOf({ accept, 'if-none-match': tag })).statusCode;
    expect(await again('application/xml', inXml.tag)).toBe(304);
    expect(await again('application/xml', inJson.tag)).toBe(200);
    expect(await again('application/json', inXml.tag)).toBe(200);
  });

  it('can be changed with either tag', () => {
    expect(preconditions(requestOf({ 'if-match': '"3-xml", "4"' }))).toEqual({ ifMatch: '"3", "4"' });
  });

  it('without a body, or in another format, keeps its body', async () => {
    const responseTo = async (answer: object) =>
      endpoint(logger, async () => answer)(requestOf({ accept: 'application/xml' }), context);
    expect(await responseTo({ statusCode: 204, body: '' })).toMatchObject({ statusCode: 204, body: '' });
    const csv = { statusCode: 200, headers: { 'content-type': 'text/csv', vary: 'Origin' }, body: 'a,b' };
    expect(await responseTo(csv)).toMatchObject({
      body: 'a,b',
      headers: { 'content-type': 'text/csv', vary: 'Origin, Accept' },
    });
  });

  it('with a fixed media type is not returned in XML', async () => {
    const only = endpoint(logger, async () => json(200, {}), { mediaType: 'application/json' });
    expect((await only(requestOf({ accept: 'application/xml, */*;q=0.1' }), context)).headers).toMatchObject({
      'content-type': 'application/json',
    });
    expect((await only(requestOf({ accept: 'application/xml' }), context)).statusCode).toBe(406);
  });
});

describe('a problem', () => {
  const failing = async () => {
    throw new Problem('invalid', 'Not as it should be.', {
      errors: [{ pointer: '#/name', detail: 'must not be <empty>' }],
      headers: { 'retry-after': '1' },
    });
  };

  const fails = endpoint(logger, failing);
  /** An endpoint whose successful responses have no body, so only its problems have a media type. */
  const failsWithoutBody = endpoint(logger, failing, { mediaType: null });

  it.each(['application/xml', 'application/problem+xml', 'application/problem+xml, application/json;q=0.5'])(
    'is XML by RFC 9457, appendix B, if the client accepts %s',
    async (accept) => {
      const handler = accept.startsWith('application/problem') ? failsWithoutBody : fails;
      const { statusCode, headers, body = '' } = await handler(requestOf({ accept }), context);
      expect(statusCode).toBe(422);
      expect(headers).toMatchObject({ 'content-type': 'application/problem+xml', vary: 'Accept', 'retry-after': '1' });
      expect(body).toContain('<problem xmlns="urn:ietf:rfc:7807"><type>');
      expect(body).toContain(
        '<type>/problems/invalid</type><title>Unprocessable Entity</title><status>422</status><detail>Not as it should be.</detail><instance>/v1/things</instance><errors><i><pointer>#/name</pointer><detail>must not be &lt;empty&gt;</detail></i></errors></problem>',
      );
    },
  );
  it.each(['', '*/*', 'application/json', 'application/problem+json', 'image/png'])(
    'is JSON if the client accepts "%s"',
    async (accept) => {
      const { headers } = await fails(requestOf({ accept }), context);
      expect(headers).toMatchObject({ 'content-type': 'application/problem+json', vary: 'Accept' });
    },
  );
});

describe('a body', () => {
  const create = jsonEndpoint(logger, z.object({ name: z.string() }), async (_, body) =>
    json(201, body, { etag: '"1"' }),
  );
  const send = (contentType: string, body: string) =>
    create(requestOf({ accept: 'application/xml', 'content-type': contentType }, 'POST', body), context);

  it('is accepted in JSON, with a response in XML', async () => {
    const { statusCode, headers, body } = await send('application/json', '{"name":"Ana"}');
    expect([statusCode, headers?.['content-type'], headers?.etag]).toEqual([201, 'application/xml', '"1-xml"']);
    expect(body).toContain('<resource><name>Ana</name></resource>');
  });

  it('is refused in XML, with a problem in XML', async () => {
    const { statusCode, headers, body } = await send('application/xml', '<resource><name>Ana</name></resource>');
    expect([statusCode, headers?.['content-type'], headers?.accept]).toEqual([
      415,
      'application/problem+xml',
      'application/json',
    ]);
    expect(body).toContain('<detail>Send the body as application/json in UTF-8.</detail>');
  });
});
