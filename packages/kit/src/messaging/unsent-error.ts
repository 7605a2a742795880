import { TransientError } from './errors.ts';
import type { OutgoingMessage } from './outgoing.ts';

/** The message was applied, and what follows from it was not sent yet. */
export class UnsentError extends TransientError {
  override readonly name = 'UnsentError';
  /** Of what was not sent, what is kept nowhere else. */
  readonly unsent: readonly OutgoingMessage[];

  constructor(message: string, { unsent, ...options }: ErrorOptions & { unsent: readonly OutgoingMessage[] }) {
    super(message, options);
    this.unsent = unsent;
  }
}
