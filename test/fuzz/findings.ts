export interface Finding {
  kind: 'server error' | 'crash' | 'leak' | 'half done';
  what: string;
}

interface Answered {
  what: string;
  status: number;
  body: string;
  headers: string;
}

const isCrash = (line: string) => /Task timed out|Runtime exited|Unhandled|^\w*Error: /.test(line);

/** What may not be among answers and logs. An answer to a success may say what is personal: to whom it belongs. */
export function findings(
  answers: readonly Answered[],
  logs: ReadonlyArray<{ name: string; line: string }>,
  marks: readonly string[],
): Finding[] {
  const leaks = (text: string) => marks.some((mark) => text.includes(mark));
  return [
    ...answers
      // Connect's words for a compression that it does not know, and for a deadline that the caller set.
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
