import { ParseError, parseDictionary } from 'structured-headers';

/** The longest wait. API Gateway limits a request to 30 seconds. */
const MAX_WAIT_SECONDS = 20;

/** Matches each element of a comma-separated list. Commas within quotes do not separate elements. */
const LIST_ELEMENT = /(?:[^",]|"(?:[^"\\]|\\.)*(?:"|$))+/g;

/**
 * Returns the seconds of `Prefer: wait=N` (RFC 7240), at most 20, or undefined without this preference. If the
 * preference occurs several times, the first occurrence applies (§2). Each preference is parsed as an RFC 9651
 * dictionary with lower-case keys (draft-ietf-httpbis-retrofit). Invalid preferences are ignored.
 */
export function preferredWait(prefer = ''): number | undefined {
  const preference = (prefer.toLowerCase().match(LIST_ELEMENT) ?? []).map(dictionaryOf).find((one) => one.has('wait'));
  const [seconds] = preference?.get('wait') ?? [];
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
