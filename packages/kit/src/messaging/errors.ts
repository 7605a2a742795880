import { TraceSafeError } from '../contracts/errors.ts';

/**
 * Base class of the errors that the messaging kit throws deliberately.
 * @public
 */
export class MessagingError extends TraceSafeError {
  override readonly name: string = 'MessagingError';
}

/**
 * An error after which a later attempt may succeed: for example, a table is throttled, or a provider is down.
 * @public
 */
export class TransientError extends MessagingError {
  override readonly name: string = 'TransientError';
  /** Whether a call to another system may have taken effect although it failed. */
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
 * The message cannot be processed now, for a reason outside the message. The queue redelivers it at `until`, or after
 * 15 minutes if `until` is later than that. The delivery does not count as a failed attempt, and the message is not
 * parked.
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
 * No later attempt will succeed. The message is parked until an operator decides.
 * @public
 */
export class PermanentError extends MessagingError {
  override readonly name: string = 'PermanentError';
}

/**
 * A limit, a switch or a process holds the message until an operator releases or discards it.
 * @beta
 */
export class HeldError extends PermanentError {
  override readonly name = 'HeldError';
}

/** The message is invalid. For example, it violates its contract, its type is unknown, or its sender is not allowed. */
export class UnreadableMessageError extends PermanentError {
  override readonly name = 'UnreadableMessageError';
}

/**
 * The message exceeds the size limit of messages, and its data cannot be stored apart; or the data exceeds the limit
 * for data that is stored apart.
 */
export class MessageTooLargeError extends PermanentError {
  override readonly name = 'MessageTooLargeError';

  constructor({ type, messageId }: { type: string; messageId: string }, bytes: number, limit: number, hint = '') {
    super(`message ${messageId} of type ${type} has ${bytes} bytes; at most ${limit} bytes are accepted${hint}`);
  }
}

/**
 * The stored data of a large message cannot be read. Either the data has expired, or the function lacks the permission
 * to read it. Extends TransientError, because the permission can be granted.
 */
export class MissingDataError extends TransientError {
  override readonly name = 'MissingDataError';
}

export const isPermanent = (error: unknown): error is PermanentError => error instanceof PermanentError;
