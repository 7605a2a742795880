import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { RECEIVERS, type Receive, type Sent, type Transport, type TransportType } from './transport.ts';

/** Starts an HTTP receiver. @param port the port of the receiver, or 0 for any free port */
async function startReceiver(receive: Receive, port: number) {
  const server = createServer(async (request, response) => {
    await receive(JSON.parse(await text(request)));
    response.writeHead(204).end();
  });
  return { server, url: await listen(server, port, 'a receiver') };
}

/** Starts HTTP receivers, each on its own port. */
export async function startReceivers(receive: Receive) {
  let receivers = await Promise.all(Array.from({ length: RECEIVERS }, () => startReceiver(receive, 0)));
  const urls = receivers.map(({ url }) => url);
  const end = async () => {
    for (const { server } of receivers.splice(0)) await close(server);
  };
  return {
    urls,
    down: end,
    async up() {
      receivers = await Promise.all(urls.map((url) => startReceiver(receive, Number(new URL(url).port))));
    },
    stop: end,
  };
}

async function post(url: string, message: Sent): Promise<void> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(message) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} responds with status ${response.status}`);
}

export const directHttp: TransportType = {
  name: 'direct HTTP',
  async start(receive): Promise<Transport> {
    const { urls, ...receivers } = await startReceivers(receive);
    let turn = 0;
    return { ...receivers, send: (message) => post(urls[turn++ % urls.length] ?? '', message) };
  },
};
