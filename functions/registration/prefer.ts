import { ParseError, parseDictionary } from 'structured-headers';

/** Maximum waiting time: the API's own limit is 30 seconds. */
const MAX_WAIT_SECONDS = 20;

/** Members of a list; commas within quotes do not separate. */
const MEMBER = /(?:[^",]|"(?:[^"\\]|\\.)*(?:"|$))+/g;

/**
 * The seconds of `Prefer: wait=N` (RFC 7240), at most 20; undefined without such a preference. The first of several
 * counts (§2). Each preference is parsed as an RFC 9651 dictionary with lower-case keys (draft-ietf-httpbis-retrofit);
 * an invalid one is ignored.
 */
export function preferredWait(prefer = ''): number | undefined {
  const asked = (prefer.toLowerCase().match(MEMBER) ?? [])
    .map(dictionaryOf)
    .find((preference) => preference.has('wait'));
  const [seconds] = asked?.get('wait') ?? [];
  // `wait="5"` is equivalent to `wait=5` by RFC 7240 §2.
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
