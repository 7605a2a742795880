/** An error of which traces may tell the message: it repeats nothing that somebody wrote. */
export class TellableError extends Error {}
