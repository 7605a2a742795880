export const RECEIVERS = 4;

export interface Sent {
  /** The id of the message. All copies of a message have the same id. */
  id: string;
  key: string;
  /** The position among the messages of the key, from 1. */
  position: number;
  /** The time when the message was first sent, by `performance.now()`. Sender and receivers are in the same process. */
  at: number;
}

export type Receive = (message: Sent) => Promise<void>;

/** A transport from one sender to four receivers. */
export interface Transport {
  /** Resolves when the transport has accepted the message. Rejects if the transport reports a failure. */
  send(message: Sent): Promise<void>;
  /** Ends all receivers, as if they were killed. */
  down(): Promise<void>;
  /** Starts the receivers again. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

/** A kind of transport that is measured. */
export interface TransportType {
  name: string;
  /** @throws {NotAvailable} if this machine lacks its prerequisites */
  start(receive: Receive): Promise<Transport>;
}

/** Reports that a transport cannot run on this machine. The error message contains the remedy. */
export class NotAvailable extends Error {
  override readonly name = 'NotAvailable';
}
