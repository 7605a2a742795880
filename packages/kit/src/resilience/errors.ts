import { TraceSafeError } from '../contracts/errors.ts';

/**
 * A call to a remote service failed.
 * @public
 */
export class RemoteError extends TraceSafeError {
  override readonly name: string = 'RemoteError';
}

/**
 * The service is healthy and rejects this request permanently.
 * @public
 */
export class RejectedError extends RemoteError {
  override readonly name: string = 'RejectedError';
}

/**
 * The service cannot process the request now.
 * @public
 */
export class UnavailableError extends RemoteError {
  override readonly name: string = 'UnavailableError';
  /**
   * Whether the service may have executed the request, because the response to this or an earlier try was lost.
   */
  outcomeUnknown: boolean;

  constructor(message: string, { outcomeUnknown = false, cause }: { outcomeUnknown?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.outcomeUnknown = outcomeUnknown;
  }
}

/**
 * The service is healthy but accepts no more requests for now.
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
 * The rate agreed with the service is used up, so this call must wait. The service was not called.
 * @beta
 */
export class PacedError extends ThrottledError {
  override readonly name: string = 'PacedError';
}

/**
 * The bulkhead is full: this instance has too many calls to the service in flight.
 * @beta
 */
export class BulkheadFullError extends UnavailableError {
  override readonly name = 'BulkheadFullError';
}

/**
 * The function has too little time left to call the service.
 * @beta
 */
export class OutOfTimeError extends UnavailableError {
  override readonly name = 'OutOfTimeError';
}

/**
 * The service does not support this request, or its current configuration does not allow the request. The request had
 * no effect.
 * @beta
 */
export class NotServedError extends UnavailableError {
  override readonly name = 'NotServedError';
}

/** No instance of the service is registered. */
export class NoInstanceError extends UnavailableError {
  override readonly name = 'NoInstanceError';
}

/** The circuit is open: the service failed too often. */
export class CircuitOpenError extends UnavailableError {
  override readonly name = 'CircuitOpenError';
  /** The time from which the next probe is allowed. */
  readonly until: Date;

  /** @param cause the error of this call; undefined if the service was not called */
  constructor(circuit: string, until: Date, cause?: unknown) {
    super(`circuit ${circuit} is open until ${until.toISOString()}${cause ? `: ${(cause as Error).message}` : ''}`, {
      cause,
      outcomeUnknown: cause instanceof UnavailableError && cause.outcomeUnknown,
    });
    this.until = until;
  }
}
