/** An error whose message may appear in traces, because the message contains no user input. */
export class TraceSafeError extends Error {}
