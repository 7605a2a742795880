import { Problem } from './problems.ts';

/** A resource's version as a strong entity tag. */
export const etag = (version: number) => `"${version}"`;

/**
 * Whether `If-Match` lets a change of this version pass; no header does. The strong comparison of RFC 9110 §13.1.1, so
 * a weak tag matches nothing.
 */
export function matches(ifMatch: string | undefined, version: number): boolean {
  if (ifMatch === undefined || ifMatch.trim() === '*') return true;
  return ifMatch.split(',').some((tag) => tag.trim() === etag(version));
}

/** @throws {Problem} 412 unless the condition holds */
export function requireMatch(ifMatch: string | undefined, version: number): void {
  if (matches(ifMatch, version)) return;
  throw new Problem(412, 'version-mismatch', `The member is at version ${version} by now. Read it again.`);
}
