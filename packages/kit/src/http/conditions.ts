import { createHash } from 'node:crypto';
import { Problem } from './problems.ts';

/** The preconditions of a request, from its headers. */
export interface Preconditions {
  ifMatch?: string | undefined;
  ifNoneMatch?: string | undefined;
}

/**
 * A resource's version as a strong entity tag.
 * @public
 */
export const etag = (version: number) => `"${version}"`;

/** A strong entity tag for a representation without a version. */
export const etagOfBody = (body: string) => `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;

/** One entity tag of a list (RFC 9110 §8.8.3), with the separator before it. A tag may contain commas. */
const TAG = /[\t ,]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[\t ]*(?=,|$)/gy;

/** @returns an empty array if the header is not a list of entity tags */
function tagsOf(header: string): string[] {
  const matches = [...header.matchAll(TAG)];
  const matchedLength = matches.reduce((length, [text]) => length + text.length, 0);
  return /^[\t ,]*$/.test(header.slice(matchedLength)) ? matches.map(([, tag = '']) => tag) : [];
}

/** Whether the header is `*`, or contains the current tag by weak or strong comparison (RFC 9110 §8.8.3.2). */
const includesTag = (header: string, tag: string, comparable: (listed: string) => string) =>
  header.trim() === '*' || tagsOf(header).some((listed) => comparable(listed) === tag);

const strongly = (listed: string) => listed;
const weakly = (listed: string) => listed.replace(/^W\//, '');

/**
 * Evaluates preconditions in the order of RFC 9110 §13.2.2.
 * @param tag the current, strong entity tag
 * @param reads whether the request reads the resource, rather than changing it
 * @returns `not modified` if the request reads and the client already has the current representation; otherwise,
 * `proceed`
 * @throws {Problem} version-mismatch if `If-Match` is not satisfied or, for a change, `If-None-Match` is not satisfied
 * @public
 */
export function evaluate(
  { ifMatch, ifNoneMatch }: Preconditions,
  tag: string,
  reads: boolean,
): 'proceed' | 'not modified' {
  if (ifMatch !== undefined && !includesTag(ifMatch, tag, strongly)) {
    throw new Problem(
      'version-mismatch',
      `If-Match names another version. The current version is ${tag}. Read the resource again.`,
    );
  }
  if (ifNoneMatch === undefined || !includesTag(ifNoneMatch, tag, weakly)) return 'proceed';
  if (reads) return 'not modified';
  throw new Problem('version-mismatch', `If-None-Match names the current version, ${tag}.`);
}
