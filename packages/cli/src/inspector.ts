import { close, open, url } from 'node:inspector';
import { CloudError } from '@rollcall/local/internal/errors/cloud-error';

/** The address at which debuggers attach. */
export interface InspectorAddress {
  host: string;
  /** 0: any free port. */
  port: number;
}

/** Without this flag, Chrome DevTools shows no worker threads: https://nodejs.org/docs/latest-v24.x/api/cli.html#--experimental-worker-inspection. */
const THREAD_INSPECTION = '--experimental-worker-inspection';

/**
 * Lets debuggers attach to this process and its threads. Restarts the process if it lacks the flag for threads.
 * @returns the address that the inspector listens on, `ws://HOST:PORT/ID`, and a function that stops it
 * @throws {CloudError} if the port is taken
 */
export function openInspector({ host, port }: InspectorAddress): { url: string; close: () => void } {
  // A running process cannot set this flag.
  if (!process.execArgv.includes(THREAD_INSPECTION))
    process.execve?.(process.execPath, [
      process.execPath,
      THREAD_INSPECTION,
      ...process.execArgv,
      ...process.argv.slice(1),
    ]);
  // With `node --inspect`, an inspector is already open.
  if (url() === undefined) open(port, host);
  const opened = url();
  if (opened === undefined)
    throw new CloudError(
      `The debugger port ${port} is in use by another program. Stop that program, or choose another port, such as --inspect 9230.`,
    );
  return { url: opened, close };
}
