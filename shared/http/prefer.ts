import { ParseError, parseDictionary } from 'structured-headers';

/** The most that anybody may wait: the API's own limit is 30 seconds. */
const LONGEST_WAIT_SECONDS = 20;

/**
 * The seconds of `Prefer: wait=N` (RFC 7240), at most 20; none, if the caller prefers no waiting. The field is read as a
 * dictionary of RFC 9651, whose keys are in lower case (draft-ietf-httpbis-retrofit); one that is none asks for nothing.
 */
export function preferredWait(prefer = ''): number | undefined {
  const [seconds] = dictionaryOf(prefer.toLowerCase()).get('wait') ?? [];
  // `wait="5"` is the same as `wait=5` by RFC 7240 §2.
  const wait = typeof seconds === 'string' && seconds !== '' ? Number(seconds) : seconds;
  return Number.isSafeInteger(wait) && Number(wait) >= 0 ? Math.min(Number(wait), LONGEST_WAIT_SECONDS) : undefined;
}

function dictionaryOf(field: string): ReturnType<typeof parseDictionary> {
  try {
    return parseDictionary(field);
  } catch (error) {
    if (error instanceof ParseError) return new Map();
    throw error;
  }
}
