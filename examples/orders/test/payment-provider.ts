import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Beside } from '@rollcall/local';

/** A stand-in for the payment provider. It executes only one call per idempotency key. */
export class PaymentProvider implements Beside {
  readonly name = 'provider';
  readonly executed = new Map<string, { kind: string; orderId: string }>();
  /** The status of each response, except to a refund while `refunds` is false. */
  status = 200;
  outcome = 'paid';
  /** If false, refunds fail with status 400. */
  refunds = true;
  /** Requests wait until this promise resolves. */
  barrier: Promise<void> | undefined;

  /** The kinds of the executed calls for an order: `payments` or `refunds`. */
  of(orderId: string): string[] {
    return [...this.executed.values()].filter((one) => one.orderId === orderId).map(({ kind }) => kind);
  }

  async start(_: unknown, opened: AsyncDisposableStack) {
    const server = createServer(async (request, response) => {
      const kind = (request.url ?? '').slice(1);
      const { orderId } = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString());
      await this.barrier;
      const status = kind === 'refunds' && !this.refunds ? 400 : this.status;
      const outcome = kind === 'refunds' ? 'refunded' : this.outcome;
      const isExecuted = status === 200 && outcome !== 'declined';
      if (isExecuted) this.executed.set(String(request.headers['idempotency-key']), { kind, orderId });
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ outcome }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    opened.defer(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, parameters: { ProviderUrl: url } };
  }
}
