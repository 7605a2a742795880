import { pathToFileURL } from 'node:url';
import type { RecordedCall } from './recording.ts';

/** What a process is told to start. */
export interface ToStart {
  /** `index.mjs` of a bundle, and what it exports. */
  file: string;
  handler: string;
  payload: string;
  calls: RecordedCall[];
}

export interface Started {
  initMs: number;
  firstCallMs: number;
  /** Of the process. */
  megabytes: number;
}

// One execution environment: a process imports a bundle, calls its handler once, and ends.
process.once('message', async ({ file, handler, payload }: ToStart) => {
  const context = {
    awsRequestId: 'request-1',
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    getRemainingTimeInMillis: () => 10_000,
  };
  const begin = performance.now();
  const module = await import(pathToFileURL(file).href);
  const initiated = performance.now();
  await module[handler](JSON.parse(payload), context);
  const called = performance.now();
  process.send?.({
    initMs: initiated - begin,
    firstCallMs: called - initiated,
    megabytes: process.memoryUsage.rss() / 1024 ** 2,
  } satisfies Started);
  process.disconnect();
});
process.send?.('ready');
