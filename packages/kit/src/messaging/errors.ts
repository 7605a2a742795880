import { TellableError } from '../contracts/errors.ts';

/**
 * Base class of the errors that the messaging kit throws deliberately.
 * @public
 */
export class MessagingError extends TellableError {
  override readonly name: string = 'MessagingError';
}

/**
 * A later attempt may succeed: a throttled table, a provider that is down.
 * @public
 */
export class TransientError extends MessagingError {
  override readonly name: string = 'TransientError';
  /** For a failed call to another system: whether it may have taken effect nevertheless. */
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
 * Not now, for a reason outside the message: it is redelivered at `until`; this neither counts as a try nor parks it.
 * @beta
 */
export class PostponedError extends TransientError {
  override readonly name = 'PostponedError';
  readonly until: Date;

  constructor(message: string, until: Date, options?: ErrorOptions & { outcomeUnknown?: boolean }) {
    super(`${message}; retry at ${until.toISOString()}`, options);
    this.until = until;
  }
}

/**
 * No later attempt will succeed: the message waits for a person.
 * @public
 */
export class PermanentError extends MessagingError {
  override readonly name: string = 'PermanentError';
}

/**
 * Held back by a rule, such as a limit or a switch, until an operator releases it.
 * @beta
 */
export class HeldError extends PermanentError {
  override readonly name = 'HeldError';
}

/** The message breaks its contract, or its type is unknown. */
export class UnreadableMessageError extends PermanentError {
  override readonly name = 'UnreadableMessageError';
}

/** The message exceeds the size limit of every channel. */
export class MessageTooLargeError extends PermanentError {
  override readonly name = 'MessageTooLargeError';

  constructor({ type, messageId }: { type: string; messageId: string }, bytes: number, most: number, hint = '') {
    super(
      `message ${messageId} of type ${type} has ${bytes} bytes with its attributes; a channel takes at most ${most}${hint}`,
    );
  }
}

/**
 * The data of a large message is missing where it was stored. It may be a missing permission, which can be granted, or
 * the data may have expired.
 */
export class MissingDataError extends TransientError {
  override readonly name = 'MissingDataError';
}

export const isPermanent = (error: unknown): error is PermanentError => error instanceof PermanentError;
