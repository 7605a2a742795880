import { createHash } from 'node:crypto';
import { Problem } from './problems.ts';

/** A resource's version as a strong entity tag. */
export const etag = (version: number) => `"${version}"`;

/** A strong entity tag of a representation that carries no version. */
export const etagOfBody = (body: string) => `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;

const tagsOf = (header: string) => header.split(',').map((tag) => tag.trim());

/** Whether `If-Match` names this tag: the strong comparison of RFC 9110 §13.1.1, so a weak tag matches nothing. */
export const matches = (ifMatch: string, tag: string): boolean =>
  ifMatch.trim() === '*' || tagsOf(ifMatch).includes(tag);

/** Whether `If-None-Match` names this tag: the weak comparison of RFC 9110 §13.1.2. */
export const matchesWeakly = (ifNoneMatch: string, tag: string): boolean =>
  ifNoneMatch.trim() === '*' || tagsOf(ifNoneMatch).some((other) => other.replace(/^W\//, '') === tag);

/** @throws {Problem} version-mismatch unless the condition holds; no header is no condition */
export function requireMatch(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || matches(ifMatch, etag(version))) return;
  throw new Problem('version-mismatch', `The member is at version ${version} by now. Read it again.`);
}
