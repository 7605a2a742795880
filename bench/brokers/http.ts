import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { RECEIVERS, type Receive, type Sent, type Transport, type Way } from './transport.ts';

/** @param port that it had before; 0: any */
async function listening(receive: Receive, port: number): Promise<Server> {
  const server = createServer(async (request, response) => {
    await receive(JSON.parse(await text(request)));
    response.writeHead(204).end();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** The receivers of whoever calls them, each at a port of its own. */
export async function startReceivers(receive: Receive) {
  const servers = await Promise.all(Array.from({ length: RECEIVERS }, () => listening(receive, 0)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  const end = async () => {
    for (const server of servers.splice(0)) {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    }
  };
  return {
    urls: ports.map((port) => `http://127.0.0.1:${port}/`),
    down: end,
    async up() {
      servers.push(...(await Promise.all(ports.map((port) => listening(receive, port)))));
    },
    stop: end,
  };
}

async function post(url: string, message: Sent): Promise<void> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(message) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
}

export const directHttp: Way = {
  name: 'direct HTTP',
  async start(receive): Promise<Transport> {
    const { urls, ...receivers } = await startReceivers(receive);
    let turn = 0;
    return { ...receivers, send: (message) => post(urls[turn++ % urls.length] ?? '', message) };
  },
};
