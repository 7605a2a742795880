import type { IncomingMessage, ServerResponse } from 'node:http';
import { STANDARD } from './responses.ts';
import type { Told } from './watch.ts';

const eventOf = ({ event, data }: Told) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** The open pages, notified by server-sent events. */
export function createListeners() {
  const listeners = new Set<ServerResponse>();
  return {
    tell(told: Told): void {
      if (listeners.size === 0) return;
      const text = eventOf(told);
      // A slow receiver, such as a suspended page, misses events.
      for (const listener of listeners) if (!listener.writableNeedDrain) listener.write(text);
    },

    /**
     * Adds a page.
     * @param known events that are sent immediately
     * @param onNobody called when the last page has disconnected
     */
    add(request: IncomingMessage, response: ServerResponse, known: readonly Told[], onNobody: () => void): void {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', ...STANDARD });
      response.write('retry: 1000\n\n');
      for (const told of known) response.write(eventOf(told));
      listeners.add(response);
      request.on('close', () => {
        listeners.delete(response);
        if (listeners.size === 0) onNobody();
      });
    },

    end(): void {
      for (const listener of listeners) listener.end();
    },
  };
}
