import { pathToFileURL } from 'node:url';
import type { RecordedCall } from './recording.ts';

/** A request to a process to start a function. */
export interface StartRequest {
  /** The path of a bundle's `index.mjs`. */
  file: string;
  /** The name of the export. */
  handler: string;
  payload: string;
  calls: RecordedCall[];
}

export interface Started {
  initMs: number;
  firstCallMs: number;
  /** CPU time of the initialization and the first call. It does not depend on other load on the machine. */
  cpuMs: number;
  /** The memory of the process. */
  megabytes: number;
}

// The process is one execution environment: it imports a bundle, calls the handler once, and ends.
process.once('message', async ({ file, handler, payload }: StartRequest) => {
  const context = {
    awsRequestId: 'request-1',
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    getRemainingTimeInMillis: () => 10_000,
  };
  const [begin, before] = [performance.now(), process.cpuUsage()];
  const module = await import(pathToFileURL(file).href);
  const initialized = performance.now();
  await module[handler](JSON.parse(payload), context);
  const called = performance.now();
  const { user, system } = process.cpuUsage(before);
  process.send?.({
    initMs: initialized - begin,
    firstCallMs: called - initialized,
    cpuMs: (user + system) / 1000,
    megabytes: process.memoryUsage.rss() / 1024 ** 2,
  } satisfies Started);
  process.disconnect();
});
process.send?.('ready');
