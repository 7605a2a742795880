import { close, listen } from '../server/listen.ts';
import type { HttpApi } from './http-api.ts';

/** Servers of HTTP APIs: the first at a given port, the others at the ports after it. */
export class ApiServers {
  readonly #port: number;
  readonly #opened: AsyncDisposableStack;
  readonly #urls = new Map<string, string>();

  /** @param port 0: any free port, for each of them */
  constructor(port: number, opened: AsyncDisposableStack) {
    this.#port = port;
    this.#opened = opened;
  }

  /** URL of the first, or only, API; empty before there is one. */
  get first(): string {
    return this.#urls.values().next().value ?? '';
  }

  /** URLs, by the ids of the APIs. */
  get all(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#urls);
  }

  /** Starts an API's server unless it runs already. @returns its URL */
  open = async (api: HttpApi): Promise<string> => {
    const known = this.#urls.get(api.id);
    if (known) return known;
    const url = await listen(api.server, this.#port && this.#port + this.#urls.size, 'the API');
    this.#opened.defer(() => close(api.server));
    this.#urls.set(api.id, url);
    return url;
  };
}
