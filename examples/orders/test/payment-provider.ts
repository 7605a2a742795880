import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Beside } from '@rollcall/local';

/** A payment provider beside the cloud: it answers `status`, and remembers by which keys it was asked. */
export class PaymentProvider implements Beside {
  readonly name = 'provider';
  readonly asked = new Set<string>();
  status = 200;

  async start(_: unknown, opened: AsyncDisposableStack) {
    const server = createServer((request, response) => {
      this.asked.add(String(request.headers['idempotency-key']));
      response.writeHead(this.status, { 'content-type': 'application/json' }).end(JSON.stringify({ outcome: 'paid' }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    opened.defer(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, parameters: { ProviderUrl: url } };
  }
}
