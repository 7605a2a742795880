import { close, listen } from '../server/listen.ts';
import type { HttpApi } from './http-api.ts';

/**
 * The servers of HTTP APIs. The first server listens on a given port, and each further server listens on the next port.
 */
export class ApiServers {
  readonly #port: number;
  readonly #opened: AsyncDisposableStack;
  readonly #urls = new Map<string, string>();

  /** @param port 0: each server gets any free port */
  constructor(port: number, opened: AsyncDisposableStack) {
    this.#port = port;
    this.#opened = opened;
  }

  /** The URL of the first API; empty while no API is open. */
  get first(): string {
    return this.#urls.values().next().value ?? '';
  }

  /** The URLs of all APIs, by API id. */
  get all(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#urls);
  }

  /** Starts an API's server unless it is already running. @returns the server's URL */
  open = async (api: HttpApi): Promise<string> => {
    const running = this.#urls.get(api.id);
    if (running) return running;
    const url = await listen(api.server, this.#port && this.#port + this.#urls.size, 'the API');
    this.#opened.defer(() => close(api.server));
    this.#urls.set(api.id, url);
    return url;
  };
}
