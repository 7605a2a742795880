export const RECEIVERS = 4;

export interface Sent {
  /** One message has one, however often it is sent. */
  id: string;
  key: string;
  /** Among those of its key, from 1 up. */
  place: number;
  /** When it was sent first: `performance.now()` of the sender, which is the receivers' process too. */
  at: number;
}

export type Receive = (message: Sent) => Promise<void>;

/** A way from one sender to four receivers. */
export interface Transport {
  /** Resolves when the sender may take the message for handed over; rejects if it is told that it is not. */
  send(message: Sent): Promise<void>;
  /** All receivers end, as if they were killed. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

export interface Way {
  name: string;
  /** @throws {NotHere} if this machine has not what it needs */
  start(receive: Receive): Promise<Transport>;
}

/** What could not run here, and what to do about it. */
export class NotHere extends Error {
  override readonly name = 'NotHere';
}
