import { enableCompileCache } from 'node:module';
import { pathToFileURL } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import type { InvocationRequest, InvocationResponse, WorkerData } from './instance.ts';

const { codeFolder, handler, functionName, functionArn, memoryMb } = workerData as WorkerData;
const [file = '', exportName = ''] = handler.split('.');
enableCompileCache();
const module = (await import(pathToFileURL(`${codeFolder}/${file}.mjs`).href)) as Record<string, unknown>;
const handle = module[exportName];
if (typeof handle !== 'function') throw new Error(`Runtime.HandlerNotFound: ${handler} is undefined or not exported`);

parentPort?.on('message', async ({ requestId, payload, deadline }: InvocationRequest) => {
  const context = {
    awsRequestId: requestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: String(memoryMb),
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  const respond = (response: InvocationResponse) =>
    parentPort?.postMessage({ ...response, usedMb: Math.ceil(getHeapStatistics().used_heap_size / 1024 ** 2) });
  try {
    const result = await handle(JSON.parse(payload), context);
    respond({ ok: true, payload: JSON.stringify(result ?? null) });
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    console.error(error);
    respond({
      ok: false,
      payload: JSON.stringify({
        errorType: error.name,
        errorMessage: error.message,
        trace: error.stack?.split('\n') ?? [],
      }),
    });
  }
});
parentPort?.postMessage('ready');
