import { TellableError } from '../contracts/errors.ts';

/**
 * Base of every error that the messaging kit raises on purpose.
 * @public
 */
export class MessagingError extends TellableError {
  override readonly name: string = 'MessagingError';
}

/**
 * Trying again later may help: a throttled table, a provider that is down.
 * @public
 */
export class TransientError extends MessagingError {
  override readonly name: string = 'TransientError';
  /** Of a call to somebody else: whether it may have taken effect all the same. */
  readonly outcomeUnknown: boolean;

  constructor(
    message: string,
    { outcomeUnknown = false, ...options }: ErrorOptions & { outcomeUnknown?: boolean } = {},
  ) {
    super(message, options);
    this.outcomeUnknown = outcomeUnknown;
  }
}

/**
 * Not now, through no fault of the message: it comes again at `until`, and neither counts as a try nor is parked.
 * @beta
 */
export class PostponedError extends TransientError {
  override readonly name = 'PostponedError';
  readonly until: Date;

  constructor(message: string, until: Date, options?: ErrorOptions & { outcomeUnknown?: boolean }) {
    super(`${message}; again from ${until.toISOString()}`, options);
    this.until = until;
  }
}

/**
 * Trying again will not help, however often: the message waits for a person.
 * @public
 */
export class PermanentError extends MessagingError {
  override readonly name: string = 'PermanentError';
}

/**
 * Held back by a rule, such as a limit or a switch, until a person releases it.
 * @beta
 */
export class HeldError extends PermanentError {
  override readonly name = 'HeldError';
}

/** The message does not keep its contract, or nobody here knows its type. */
export class UnreadableMessageError extends PermanentError {
  override readonly name = 'UnreadableMessageError';
}

/** No channel takes a message of this size. */
export class MessageTooLargeError extends PermanentError {
  override readonly name = 'MessageTooLargeError';

  constructor({ type, messageId }: { type: string; messageId: string }, bytes: number, most: number, hint = '') {
    super(
      `message ${messageId} of type ${type} has ${bytes} bytes with its attributes; a channel takes ${most}${hint}`,
    );
  }
}

/** The data of a large message is not where it was kept. It may come back, by a grant or a person; it may have expired. */
export class MissingDataError extends TransientError {
  override readonly name = 'MissingDataError';
}

export const isPermanent = (error: unknown): error is PermanentError => error instanceof PermanentError;
