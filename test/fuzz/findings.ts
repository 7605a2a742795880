export interface Finding {
  kind: 'server error' | 'crash' | 'leak' | 'incomplete';
  what: string;
}

interface Answered {
  what: string;
  status: number;
  body: string;
  headers: string;
}

const isCrash = (line: string) => /Task timed out|Runtime exited|Unhandled|^\w*Error: /.test(line);

/**
 * Finds server errors, crashes and leaks of personal data. The body of a successful response may contain personal data.
 * @param marks texts from the personal data
 */
export function findings(
  answers: readonly Answered[],
  logs: ReadonlyArray<{ name: string; line: string }>,
  marks: readonly string[],
): Finding[] {
  const leaks = (text: string) => marks.some((mark) => text.includes(mark));
  return [
    ...answers
      // Excludes errors of the library Connect: an unknown compression (501), and the caller's deadline.
      .filter(({ status, body }) => status >= 500 && status !== 501 && !body.includes('deadline_exceeded'))
      .map(({ what, status, body }) => ({ kind: 'server error' as const, what: `${status} ${what} ${body}` })),
    ...answers
      .filter(({ status, body, headers }) => leaks(headers) || (status >= 400 && leaks(body)))
      .map(({ what, status, body }) => ({ kind: 'leak' as const, what: `${status} ${what} ${body}` })),
    ...logs
      .filter(({ line }) => isCrash(line))
      .map(({ name, line }) => ({ kind: 'crash' as const, what: `${name} ${line}` })),
    ...logs
      .filter(({ line }) => leaks(line))
      .map(({ name, line }) => ({ kind: 'leak' as const, what: `${name} ${line}` })),
  ];
}
