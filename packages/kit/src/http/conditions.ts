import { createHash } from 'node:crypto';
import { Problem } from './problems.ts';

/** What a request asks of the state of its resource, as its headers say it. */
export interface Preconditions {
  ifMatch?: string | undefined;
  ifNoneMatch?: string | undefined;
}

/**
 * A resource's version as a strong entity tag.
 * @public
 */
export const etag = (version: number) => `"${version}"`;

/** A strong entity tag of a representation that carries no version. */
export const etagOfBody = (body: string) => `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;

/** A member of a list of entity tags (RFC 9110 §8.8.3), which may have commas in it; and what separates it from the next. */
const TAG = /[\t ,]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[\t ]*(?=,|$)/gy;

/** @returns none, if the header is no list of them */
function tagsOf(header: string): string[] {
  const found = [...header.matchAll(TAG)];
  const read = found.reduce((length, [text]) => length + text.length, 0);
  return /^[\t ,]*$/.test(header.slice(read)) ? found.map(([, tag = '']) => tag) : [];
}

/** Whether the header names the tag of what there is, by weak or strong comparison (RFC 9110 §8.8.3.2). */
const names = (header: string, tag: string, comparable: (listed: string) => string) =>
  header.trim() === '*' || tagsOf(header).some((listed) => comparable(listed) === tag);

const strongly = (listed: string) => listed;
const weakly = (listed: string) => listed.replace(/^W\//, '');

/**
 * Evaluates preconditions in the order of RFC 9110 §13.2.2.
 * @param tag of what there is: a strong one
 * @returns not modified: whoever reads has it already
 * @throws {Problem} version-mismatch
 * @public
 */
export function evaluate(
  { ifMatch, ifNoneMatch }: Preconditions,
  tag: string,
  reads: boolean,
): 'proceed' | 'not modified' {
  if (ifMatch !== undefined && !names(ifMatch, tag, strongly)) {
    throw new Problem('version-mismatch', `If-Match names another version: this is ${tag} by now. Read it again.`);
  }
  if (ifNoneMatch === undefined || !names(ifNoneMatch, tag, weakly)) return 'proceed';
  if (reads) return 'not modified';
  throw new Problem('version-mismatch', `If-None-Match names this version, which is ${tag}.`);
}
