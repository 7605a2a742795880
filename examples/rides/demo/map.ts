import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Facts } from './facts.ts';
import type { Town } from './town.ts';
import { createView } from './view.ts';

const PAGE = readFileSync(new URL('map.html', import.meta.url));
/** Interval of updates to the page. */
const UPDATE_INTERVAL_MS = 500;

/** Serves a live map, on this machine only. @param port 0 for any free port */
export async function startMap(facts: Facts, town: Town, port: number) {
  const view = createView(facts);
  const server = createServer(async (request, response) => {
    // Rejects other host names, so that no other site can use DNS rebinding to read the page.
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? ''))
      return void response.writeHead(403).end();
    if (request.url !== '/events') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    for (; !response.destroyed; await delay(UPDATE_INTERVAL_MS))
      response.write(`data: ${JSON.stringify({ town, ...view() })}\n\n`);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop(): void {
      server.close();
      server.closeAllConnections();
    },
  };
}
