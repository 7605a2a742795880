import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Beside } from '@rollcall/local';

/** A payment provider beside the cloud: responds with `status`, and executes each key once. */
export class PaymentProvider implements Beside {
  readonly name = 'provider';
  readonly done = new Map<string, { kind: string; orderId: string }>();
  status = 200;
  outcome = 'paid';
  refunds = true;
  /** Blocks until this resolves. */
  after: Promise<void> | undefined;

  /** The calls that it executed for an order: `payments`, `refunds`. */
  of(orderId: string): string[] {
    return [...this.done.values()].filter((one) => one.orderId === orderId).map(({ kind }) => kind);
  }

  async start(_: unknown, opened: AsyncDisposableStack) {
    const server = createServer(async (request, response) => {
      const kind = (request.url ?? '').slice(1);
      const { orderId } = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString());
      await this.after;
      const status = kind === 'refunds' && !this.refunds ? 400 : this.status;
      const outcome = kind === 'refunds' ? 'refunded' : this.outcome;
      const isDone = status === 200 && outcome !== 'declined';
      if (isDone) this.done.set(String(request.headers['idempotency-key']), { kind, orderId });
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ outcome }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    opened.defer(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, parameters: { ProviderUrl: url } };
  }
}
