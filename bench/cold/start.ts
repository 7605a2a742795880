import { pathToFileURL } from 'node:url';
import type { RecordedCall } from './recording.ts';

/** The function that a process starts. */
export interface StartRequest {
  /** The `index.mjs` of a bundle, and its export. */
  file: string;
  handler: string;
  payload: string;
  calls: RecordedCall[];
}

export interface Started {
  initMs: number;
  firstCallMs: number;
  /** Both in CPU time, which does not depend on other load of the machine. */
  cpuMs: number;
  /** Memory of the process. */
  megabytes: number;
}

// One execution environment: a process imports a bundle, calls its handler once, and ends.
process.once('message', async ({ file, handler, payload }: StartRequest) => {
  const context = {
    awsRequestId: 'request-1',
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    getRemainingTimeInMillis: () => 10_000,
  };
  const [begin, before] = [performance.now(), process.cpuUsage()];
  const module = await import(pathToFileURL(file).href);
  const initiated = performance.now();
  await module[handler](JSON.parse(payload), context);
  const called = performance.now();
  const { user, system } = process.cpuUsage(before);
  process.send?.({
    initMs: initiated - begin,
    firstCallMs: called - initiated,
    cpuMs: (user + system) / 1000,
    megabytes: process.memoryUsage.rss() / 1024 ** 2,
  } satisfies Started);
  process.disconnect();
});
process.send?.('ready');
