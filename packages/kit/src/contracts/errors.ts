/** An error whose message may appear in traces, because it contains no user input. */
export class TellableError extends Error {}
