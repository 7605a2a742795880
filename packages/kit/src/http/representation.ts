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

/** Media types of a resource: JSON by default, or XML if the caller prefers XML. */
export const RESOURCE: readonly string[] = [JSON_TYPE, XML_TYPE];

/**
 * The available media type that `Accept` prefers (RFC 9110 §12.5.1), or the first available media type if `Accept`
 * states no preference; undefined if `Accept` excludes all of them.
 */
function preferred({ headers }: HttpEvent, available: readonly string[]): string | undefined {
  // An empty `Accept` states no preference, like a missing one.
  const { accept = '' } = headers;
  if (/^[\t ,]*$/.test(accept)) return available[0];
  const negotiator = new Negotiator({ headers: { accept } });
  // Browsers accept XML and HTML, but display JSON better.
  const forBrowser = /\btext\/html\b/i.test(accept) ? negotiator.mediaType(available.slice(0, 1)) : undefined;
  return forBrowser ?? negotiator.mediaType([...available]);
}

/**
 * Returns 406 if the caller accepts none of the media types. Converts a JSON response to XML if the caller prefers XML.
 * @param available the media types; an empty list disables negotiation
 */
export const negotiation = (available: readonly string[]): Middleware => ({
  before({ event }) {
    if (available.length === 0 || preferred(event, available) !== undefined) return;
    throw new Problem(
      'not-acceptable',
      `This resource is available only as ${available.join(' or ')}, which Accept excludes.`,
    );
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

/** Another representation of the same version needs another strong entity tag (RFC 9110 §8.8.3.3). */
const tagInXml = (tag: string) => tag.replace(/"$/, '-xml"');

/** Converts the entity tags of XML to the tags of versions, because the representation does not matter for a change. */
export const versionTags = (header: string | undefined) => header?.replaceAll('-xml"', '"');

/** A problem in the format that the caller prefers; JSON if the caller accepts neither JSON nor XML. */
export function problemIn(event: HttpEvent, problem: object): Pick<HttpResponse, 'headers' | 'body'> {
  const type = preferred(event, [PROBLEM_JSON, JSON_TYPE, PROBLEM_XML, XML_TYPE]);
  if (type === PROBLEM_XML || type === XML_TYPE) {
    const body = xmlDocument('problem', problem, PROBLEM_NAMESPACE);
    return { headers: { 'content-type': PROBLEM_XML, vary: 'Accept' }, body };
  }
  return { headers: { 'content-type': PROBLEM_JSON, vary: 'Accept' }, body: JSON.stringify(problem) };
}
