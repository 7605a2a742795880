import { TellableError } from '../contracts/errors.ts';

/**
 * Why a call to a remote service came to nothing.
 * @public
 */
export class RemoteError extends TellableError {
  override readonly name: string = 'RemoteError';
}

/**
 * The service answered, and will refuse this request whenever it comes. It is well.
 * @public
 */
export class RejectedError extends RemoteError {
  override readonly name: string = 'RejectedError';
}

/**
 * The service cannot do it now.
 * @public
 */
export class UnavailableError extends RemoteError {
  override readonly name: string = 'UnavailableError';
  /** Whether the service may have done it all the same: its answer, now or to an earlier try, was not heard. */
  outcomeUnknown: boolean;

  constructor(message: string, { outcomeUnknown = false, cause }: { outcomeUnknown?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.outcomeUnknown = outcomeUnknown;
  }
}

/**
 * The service is well, and takes no more for now.
 * @public
 */
export class ThrottledError extends UnavailableError {
  override readonly name: string = 'ThrottledError';
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * So many calls a minute are agreed with the service that this one must wait. It was not asked.
 * @beta
 */
export class PacedError extends ThrottledError {
  override readonly name: string = 'PacedError';
}

/**
 * So many calls to the service are at work in this instance that there shall be no more.
 * @beta
 */
export class BulkheadFullError extends UnavailableError {
  override readonly name = 'BulkheadFullError';
}

/**
 * The function has not enough time left to call the service.
 * @beta
 */
export class OutOfTimeError extends UnavailableError {
  override readonly name = 'OutOfTimeError';
}

/**
 * The service does not do this for anybody, or not as it is set up. It was not asked.
 * @beta
 */
export class NotServedError extends UnavailableError {
  override readonly name = 'NotServedError';
}

/** No instance of the service is registered. */
export class NoInstanceError extends UnavailableError {
  override readonly name = 'NoInstanceError';
}

/** The service failed so often that it is left alone. */
export class CircuitOpenError extends UnavailableError {
  override readonly name = 'CircuitOpenError';
  /** When it is tried next. */
  readonly until: Date;

  /** @param cause what was tried last and failed; nothing, if the service was not asked */
  constructor(circuit: string, until: Date, cause?: unknown) {
    super(`circuit ${circuit} is open until ${until.toISOString()}${cause ? `: ${(cause as Error).message}` : ''}`, {
      cause,
      outcomeUnknown: cause instanceof UnavailableError && cause.outcomeUnknown,
    });
    this.until = until;
  }
}
