import type { MiddlewareObj } from '@middy/core';
import Negotiator from 'negotiator';
import { xmlDocument } from '../contracts/xml-writer.ts';
import { Problem } from './problems.ts';
import type { HttpEvent, HttpResponse } from './secured.ts';

type Middleware = MiddlewareObj<HttpEvent, HttpResponse>;

export const JSON_TYPE = 'application/json';
const XML_TYPE = 'application/xml';
const PROBLEM_JSON = 'application/problem+json';
const PROBLEM_XML = 'application/problem+xml';

/** RFC 9457, appendix B. */
const PROBLEM_NAMESPACE = 'urn:ietf:rfc:7807';

/** What a resource is answered as: JSON, unless the caller would rather have XML. */
export const RESOURCE: readonly string[] = [JSON_TYPE, XML_TYPE];

/** Of those there are, the one that `Accept` asks for most (RFC 9110 §12.5.1); the first, where it does not care. */
function preferred({ headers }: HttpEvent, available: readonly string[]): string | undefined {
  // An empty list names nothing that the caller would rather have: it is like none.
  const { accept = '' } = headers;
  if (/^[\t ,]*$/.test(accept)) return available[0];
  const negotiator = new Negotiator({ headers: { accept } });
  // A browser names XML beside HTML, and shows JSON better.
  const first = /\btext\/html\b/i.test(accept) ? negotiator.mediaType(available.slice(0, 1)) : undefined;
  return first ?? negotiator.mediaType([...available]);
}

/**
 * Refuses who accepts none of the media types. An answer in JSON becomes XML where the caller prefers that.
 * @param available none: there is nothing to accept
 */
export const negotiation = (available: readonly string[]): Middleware => ({
  before({ event }) {
    if (available.length === 0 || preferred(event, available) !== undefined) return;
    throw new Problem('not-acceptable', `This resource is ${available.join(' or ')}, and Accept asks for others.`);
  },
  after(request) {
    const { event, response } = request;
    if (available.length < 2 || !response) return;
    const { headers = {}, body = '' } = response;
    response.headers = { ...headers, vary: headers.vary === undefined ? 'Accept' : `${headers.vary}, Accept` };
    const isJson = headers['content-type'] === JSON_TYPE && body !== '';
    if (isJson && preferred(event, available) === XML_TYPE) request.response = inXml(response);
  },
});

function inXml({ body = '', headers = {}, ...response }: HttpResponse): HttpResponse {
  return {
    ...response,
    headers: {
      ...headers,
      'content-type': XML_TYPE,
      ...(headers.etag !== undefined && { etag: tagInXml(String(headers.etag)) }),
    },
    body: xmlDocument('resource', JSON.parse(body)),
  };
}

/** What another representation of the same version has must be another strong entity tag (RFC 9110 §8.8.3.3). */
const tagInXml = (tag: string) => tag.replace(/"$/, '-xml"');

/** The tags of versions, whichever representation they came with: for who changes a resource, all are the same. */
export const versionTags = (header: string | undefined) => header?.replaceAll('-xml"', '"');

/** In the format that the caller prefers, and in JSON for who prefers neither. */
export function problemIn(event: HttpEvent, problem: object): Pick<HttpResponse, 'headers' | 'body'> {
  const type = preferred(event, [PROBLEM_JSON, JSON_TYPE, PROBLEM_XML, XML_TYPE]);
  if (type === PROBLEM_XML || type === XML_TYPE) {
    const body = xmlDocument('problem', problem, PROBLEM_NAMESPACE);
    return { headers: { 'content-type': PROBLEM_XML, vary: 'Accept' }, body };
  }
  return { headers: { 'content-type': PROBLEM_JSON, vary: 'Accept' }, body: JSON.stringify(problem) };
}
