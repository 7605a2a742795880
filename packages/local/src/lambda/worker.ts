import { enableCompileCache } from 'node:module';
import { pathToFileURL } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import type { FLUSH, InvocationRequest, InvocationResponse, WorkerData } from './instance.ts';

const { codeFolder, handler, functionName, functionArn, memoryMb } = workerData as WorkerData;
const [file = '', exportName = ''] = handler.split('.');
enableCompileCache();
const module = (await import(pathToFileURL(`${codeFolder}/${file}.mjs`).href)) as Record<string, unknown>;
const handle = module[exportName];
if (typeof handle !== 'function') throw new Error(`Runtime.HandlerNotFound: ${handler} is undefined or not exported`);

/**
 * 6 MB (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html) and 100 bytes, as Lambda's errors say it
 * (https://github.com/aws/aws-lambda-dotnet/blob/6fb799d3342c603ad9fc2d8c8beff41ba4665df9/Libraries/test/Amazon.Lambda.RuntimeSupport.Tests/Amazon.Lambda.RuntimeSupport.IntegrationTests/CustomRuntimeTests.cs).
 */
const MAX_RESPONSE_BYTES = 6 * 1024 ** 2 + 100;

function answerOf(payload: string): InvocationResponse {
  const bytes = Buffer.byteLength(payload);
  if (bytes <= MAX_RESPONSE_BYTES) return { ok: true, payload };
  const errorMessage = `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
  return { ok: false, payload: JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage }) };
}

/** Resolves when what was written has arrived: a stream calls back when its reader asks for more. */
const logged = () =>
  Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))));

parentPort?.on('message', async (asked: InvocationRequest | typeof FLUSH) => {
  if (asked === 'flush') {
    await logged();
    return parentPort?.postMessage({ ok: true, payload: '' });
  }
  const { requestId, payload, deadline, logsFirst, clientContext } = asked;
  const context = {
    awsRequestId: requestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: String(memoryMb),
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    ...(clientContext !== undefined && { clientContext }),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  const respond = async (response: InvocationResponse) => {
    if (logsFirst) await logged();
    parentPort?.postMessage({ ...response, usedMb: Math.ceil(getHeapStatistics().used_heap_size / 1024 ** 2) });
  };
  try {
    const result = await handle(JSON.parse(payload), context);
    await respond(answerOf(JSON.stringify(result ?? null)));
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    console.error(error);
    await respond({
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
