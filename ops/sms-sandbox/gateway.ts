import type { IncomingMessage } from 'node:http';
import type { Registry } from '@rollcall/kit/internal/discovery/registry';
import { createGuardedServer } from '@rollcall/local/internal/server/guard';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { readBody } from '@rollcall/local/internal/server/read-body';
import type { Callbacks } from './callbacks.ts';
import { createGatewayApi } from './gateway-api.ts';
import { Lease } from './lease.ts';
import type { Mailbox } from './mailbox.ts';
import type { Answer, Request } from './wire.ts';

/** One instance of the generic gateway. It also serves the stand-ins for Twilio and Alibaba. */
export interface Gateway {
  name: string;
  url: string;
  /** Registers the gateway, and renews the lease of the registration while the gateway is up. */
  register(registry: Registry): Promise<void>;
  /** Stops without deregistration, as after a power failure. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

export async function startGateway(
  name: string,
  mailbox: Mailbox,
  callbacks: Pick<Callbacks, 'add' | 'setAddress' | 'addressOf'>,
  port: number,
): Promise<Gateway> {
  const server = createGatewayServer(createGatewayApi(name, mailbox, callbacks));
  const url = await listen(server, port, `SMS ${name}`);
  const isUp = () => !['http', name].some((target) => mailbox.faults.get(target)?.kind === 'down');
  const lease = new Lease(name, url, isUp);
  return {
    name,
    url,
    register: (registry) => lease.begin(registry),
    async crash() {
      lease.stopRenewing();
      await close(server);
    },
    async stop() {
      await lease.release();
      if (server.listening) await close(server);
    },
  };
}

const createGatewayServer = (answer: (request: Request) => Promise<Answer | undefined>) =>
  createGuardedServer((incoming, response) => {
    read(incoming)
      .then(answer)
      .then(
        (given) => {
          // Sends no response, so that the client times out.
          if (!given) return;
          const { status, body, headers } = given;
          response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
        },
        // Either the client has disconnected before the end of the request, or a fault simulates an unreachable
        // gateway.
        () => response.destroy(),
      );
  });

async function read(request: IncomingMessage): Promise<Request> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return { method: request.method ?? 'GET', path, query, headers, body: (await readBody(request)) ?? Buffer.alloc(0) };
}
