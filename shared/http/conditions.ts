import { Problem } from './problems.ts';

/** A resource's version as a strong entity tag. */
export const etag = (version: number) => `"${version}"`;

/**
 * The version that `If-Match` demands; undefined for `*` or no header. The strong comparison of RFC 9110 §13.1.1: a
 * weak tag, or one that is not ours, matches nothing.
 */
export function versionFromIfMatch(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const version = /^\s*"(\d{1,15})"\s*$/.exec(ifMatch)?.[1];
  if (version) return Number(version);
  throw new Problem(
    412,
    'version-mismatch',
    'If-Match names no version of this member. Send the ETag of your last read.',
  );
}
