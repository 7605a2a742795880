import { close, open, url } from 'node:inspector';
import { CloudError } from '@rollcall/local/internal/errors/cloud-error';

/** Where debuggers attach. */
export interface InspectorAddress {
  host: string;
  /** 0: any that is free. */
  port: number;
}

/** Without it, Chrome's DevTools see no threads: https://nodejs.org/docs/latest-v24.x/api/cli.html#--experimental-worker-inspection. */
const WITH_THREADS = '--experimental-worker-inspection';

/**
 * Lets debuggers attach to this process and its threads. It may restart the process.
 * @returns the address that the inspector listens on, `ws://HOST:PORT/ID`, and a function that stops it
 * @throws {CloudError} if the port is taken
 */
export function openInspector({ host, port }: InspectorAddress): { url: string; close: () => void } {
  // It is no option that a process can set for itself later.
  if (!process.execArgv.includes(WITH_THREADS))
    process.execve?.(process.execPath, [process.execPath, WITH_THREADS, ...process.execArgv, ...process.argv.slice(1)]);
  // By `node --inspect` there is one already.
  if (url() === undefined) open(port, host);
  const opened = url();
  if (opened === undefined)
    throw new CloudError(
      `Port ${port}, for debuggers, is in use by another program. Stop it, or choose another, such as --inspect 9230.`,
    );
  return { url: opened, close };
}
