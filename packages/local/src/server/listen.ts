import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Server as NetServer } from 'node:net';
import { CloudError } from '../errors/cloud-error.ts';

/**
 * Starts a server on loopback.
 * @param what the name of the server in error messages
 * @param port 0: any free port
 * @returns the base URL
 */
export async function listen(server: NetServer, port: number, what: string): Promise<string> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new CloudError(
      `Port ${port}, for ${what}, is in use by another program. Stop it, or choose another port with --port, such as 5000.`,
      { cause },
    );
  }
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** Closes a server and its connections. */
export async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
