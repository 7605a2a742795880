import dns from 'node:dns';
import { enableCompileCache, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import type { FLUSH, InvocationRequest, InvocationResponse, WorkerData } from './instance.ts';

const { handler, takesCallbacks, provided, compileCache, functionName, functionArn, memoryMb } =
  workerData as WorkerData;

/** Hosts of AWS. Only a client that ignores AWS_ENDPOINT_URL calls them. */
const AWS_HOST = /\.(amazonaws\.com(\.cn)?|api\.aws)$/;
const { lookup } = dns;
const lookupExceptAws = (host: string, ...rest: unknown[]) => {
  if (!AWS_HOST.test(host)) return (lookup as (...given: unknown[]) => void)(host, ...rest);
  const message = `${host} is a host of AWS, which functions in the embedded cloud cannot call: clients must use AWS_ENDPOINT_URL`;
  process.nextTick(rest.at(-1) as () => void, new Error(message));
};
dns.lookup = Object.defineProperties(lookupExceptAws, Object.getOwnPropertyDescriptors(lookup)) as typeof lookup;

if (Object.keys(provided).length > 0) {
  registerHooks({
    resolve(specifier, context, next) {
      const url = provided[specifier];
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
    },
  });
}

type Handle = (event: unknown, context: object, callback?: Callback) => unknown;
type Callback = (error: unknown, result?: unknown) => void;

enableCompileCache(compileCache);
const module = (await import(pathToFileURL(handler.module).href)) as { default?: unknown };
/** Finds an export by its path. Some exports of a CommonJS module are visible only on its default export. */
const exported = (from: unknown) =>
  handler.path.split('.').reduce((one, name) => (one as Record<string, unknown> | undefined)?.[name], from);
const handle = (exported(module) ?? exported(module.default)) as Handle;
if (typeof handle !== 'function')
  throw new Error(`Runtime.HandlerNotFound: ${handler.path} is undefined or not exported`);
if (!takesCallbacks && handle.length > 2) {
  // https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
  throw new Error(
    'Runtime.CallbackHandlerDeprecated: from Node.js 24 on, Lambda does not support handlers with a callback, the third parameter. Return a promise, or use the runtime of Node.js 22',
  );
}

interface CallbackContext {
  callbackWaitsForEmptyEventLoop: boolean;
}

/**
 * Calls a handler the way the runtimes before Node.js 24 do. The result comes from the promise that the handler
 * returns, from the first call of its callback, or from `done`, `succeed` or `fail` of the context. By default, the
 * result of a callback is returned when the event loop is empty. If the handler uses none of these, the result is null
 * (https://github.com/aws/aws-lambda-nodejs-runtime-interface-client, CallbackContext.js).
 */
function callWithCallback(event: unknown, context: CallbackContext): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let called: { result: unknown } | undefined;
  const whenEmpty = () => resolve(called?.result);
  const done: Callback = (error, result) => (error == null ? resolve(result) : reject(error));
  const callback: Callback = (error, result) => {
    if (error != null || !context.callbackWaitsForEmptyEventLoop) return done(error, result);
    called ??= { result };
  };
  const oldCallbacks = {
    done,
    succeed: (result: unknown) => done(null, result),
    fail: (error: unknown) => done(error ?? 'handled'),
  };
  process.once('beforeExit', whenEmpty);
  // From here on, only the function's work keeps this thread alive, so `beforeExit` is emitted when this work ends.
  parentPort?.unref();
  try {
    const returned = handle(event, Object.assign(context, oldCallbacks), callback) as PromiseLike<unknown> | undefined;
    if (typeof returned?.then === 'function') returned.then(resolve, reject);
  } catch (error) {
    reject(error);
  }
  return promise.finally(() => {
    process.off('beforeExit', whenEmpty);
    parentPort?.ref();
  });
}

const call = takesCallbacks ? callWithCallback : handle;

/**
 * 6 MB (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html) plus 100 bytes. Lambda's error
 * messages state this limit (https://github.com/aws/aws-lambda-dotnet/blob/6fb799d3342c603ad9fc2d8c8beff41ba4665df9/Libraries/test/Amazon.Lambda.RuntimeSupport.Tests/Amazon.Lambda.RuntimeSupport.IntegrationTests/CustomRuntimeTests.cs).
 */
const MAX_RESPONSE_BYTES = 6 * 1024 ** 2 + 100;

function responseOf(payload: string): InvocationResponse {
  const bytes = Buffer.byteLength(payload);
  if (bytes <= MAX_RESPONSE_BYTES) return { ok: true, payload };
  const errorMessage = `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
  return { ok: false, payload: JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage }) };
}

/**
 * Resolves when all output has arrived in the main thread: the callback of a write is called when the stream's reader
 * requests more data.
 */
const outputArrived = () =>
  Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))));

parentPort?.on('message', async (request: InvocationRequest | typeof FLUSH) => {
  if (request === 'flush') {
    await outputArrived();
    return parentPort?.postMessage({ ok: true, payload: '' });
  }
  const { requestId, payload, deadline, logsFirst, clientContext } = request;
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
    if (logsFirst) await outputArrived();
    parentPort?.postMessage({ ...response, usedMb: Math.ceil(getHeapStatistics().used_heap_size / 1024 ** 2) });
  };
  try {
    const result = await call(JSON.parse(payload), context);
    await respond(responseOf(JSON.stringify(result ?? null)));
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
