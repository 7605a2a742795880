import { ParseError, parseDictionary } from 'structured-headers';

/** The most that anybody may wait: the API's own limit is 30 seconds. */
const MAX_WAIT_SECONDS = 20;

/** Members of a list: a comma between quotes is no end of one. */
const MEMBER = /(?:[^",]|"(?:[^"\\]|\\.)*(?:"|$))+/g;

/**
 * The seconds of `Prefer: wait=N` (RFC 7240), at most 20; none, if the caller prefers no waiting. Of several the first
 * counts (§2). Each preference is read as a dictionary of RFC 9651 with keys in lower case
 * (draft-ietf-httpbis-retrofit); one that is none asks for nothing.
 */
export function preferredWait(prefer = ''): number | undefined {
  const asked = (prefer.toLowerCase().match(MEMBER) ?? [])
    .map(dictionaryOf)
    .find((preference) => preference.has('wait'));
  const [seconds] = asked?.get('wait') ?? [];
  // `wait="5"` is the same as `wait=5` by RFC 7240 §2.
  return /^\d+$/.test(String(seconds)) ? Math.min(Number(seconds), MAX_WAIT_SECONDS) : undefined;
}

function dictionaryOf(field: string): ReturnType<typeof parseDictionary> {
  try {
    return parseDictionary(field);
  } catch (error) {
    if (error instanceof ParseError) return new Map();
    throw error;
  }
}
