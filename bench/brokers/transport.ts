export const RECEIVERS = 4;

export interface Sent {
  /** Unique per message, however often it is sent. */
  id: string;
  key: string;
  /** Position among the messages of its key, from 1. */
  position: number;
  /** When it was first sent: `performance.now()` of the sender, which shares its process with the receivers. */
  at: number;
}

export type Receive = (message: Sent) => Promise<void>;

/** A transport from one sender to four receivers. */
export interface Transport {
  /** Resolves when the message is handed over; rejects if the sender is told that it is not. */
  send(message: Sent): Promise<void>;
  /** All receivers end, as if they were killed. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

export interface TransportType {
  name: string;
  /** @throws {NotAvailable} if this machine lacks its prerequisites */
  start(receive: Receive): Promise<Transport>;
}

/** A transport cannot run here; the message contains the remedy. */
export class NotAvailable extends Error {
  override readonly name = 'NotHere';
}
