import type { IncomingMessage, ServerResponse } from 'node:http';
import { SECURITY_HEADERS } from './responses.ts';
import type { PageEvent } from './watch.ts';

const eventOf = ({ event, data }: PageEvent) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** The open pages, notified by server-sent events. */
export function createListeners() {
  const listeners = new Set<ServerResponse>();
  return {
    broadcast(event: PageEvent): void {
      if (listeners.size === 0) return;
      const text = eventOf(event);
      // A slow receiver, such as a suspended page, misses events.
      for (const listener of listeners) if (!listener.writableNeedDrain) listener.write(text);
    },

    /**
     * Adds a page.
     * @param initial events that are sent immediately
     * @param onLastClosed called when the last page has disconnected
     */
    add(
      request: IncomingMessage,
      response: ServerResponse,
      initial: readonly PageEvent[],
      onLastClosed: () => void,
    ): void {
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        ...SECURITY_HEADERS,
      });
      response.write('retry: 1000\n\n');
      for (const event of initial) response.write(eventOf(event));
      listeners.add(response);
      request.on('close', () => {
        listeners.delete(response);
        if (listeners.size === 0) onLastClosed();
      });
    },

    end(): void {
      for (const listener of listeners) listener.end();
    },
  };
}
