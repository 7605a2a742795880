import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Beside } from '@rollcall/local';
import type { Push } from '../shared/push.ts';

export type ShownPush = Omit<Push, 'key'>;

/** A stand-in for a push notification provider. It shows the notification of each idempotency key once. */
export class PushProvider implements Beside {
  readonly name = 'push';
  readonly shown: ShownPush[] = [];
  /** Called with each shown notification. */
  onShown: (push: ShownPush) => void = () => {};
  readonly #keys = new Set<string>();

  async start(_: unknown, opened: AsyncDisposableStack) {
    const server = createServer(async (request, response) => {
      const push = (await json(request)) as ShownPush;
      this.#show(String(request.headers['idempotency-key']), push);
      response.writeHead(204).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    opened.defer(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, parameters: { PushUrl: url } };
  }

  #show(key: string, push: ShownPush): void {
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    this.shown.push(push);
    this.onShown(push);
  }
}
