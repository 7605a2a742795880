import type { OutgoingMessage } from '../messaging/outgoing.ts';
import type { Sender } from '../messaging/sender.ts';

/** A sender for unit tests. It stores messages in the order in which they are sent. */
export class InMemoryChannel implements Sender {
  readonly sent: OutgoingMessage[] = [];
  /** Simulates that the channel cannot be reached. */
  down = false;

  async send(messages: readonly OutgoingMessage[]): Promise<Map<OutgoingMessage, Error>> {
    if (this.down) return new Map(messages.map((message) => [message, new Error('the channel is down')]));
    this.sent.push(...messages);
    return new Map();
  }
}
