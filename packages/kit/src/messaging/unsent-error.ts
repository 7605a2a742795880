import { TransientError } from './errors.ts';
import type { OutgoingMessage } from './outgoing.ts';

/** The message was applied, but the messages that follow from it are not sent yet. */
export class UnsentError extends TransientError {
  override readonly name = 'UnsentError';
  /** Unsent messages that are stored nowhere else. */
  readonly unsent: readonly OutgoingMessage[];

  constructor(message: string, { unsent, ...options }: ErrorOptions & { unsent: readonly OutgoingMessage[] }) {
    super(message, options);
    this.unsent = unsent;
  }
}
