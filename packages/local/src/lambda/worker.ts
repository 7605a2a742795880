import dns from 'node:dns';
import { enableCompileCache, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import type { FLUSH, InvocationRequest, InvocationResponse, WorkerData } from './instance.ts';

const { handler, takesCallbacks, provided, compileCache, functionName, functionArn, memoryMb } =
  workerData as WorkerData;

/** Clients use AWS_ENDPOINT_URL; only a client that ignores it calls a host of AWS itself. */
const OF_AWS = /\.(amazonaws\.com(\.cn)?|api\.aws)$/;
const { lookup } = dns;
const lookupOnly = (host: string, ...rest: unknown[]) => {
  if (!OF_AWS.test(host)) return (lookup as (...given: unknown[]) => void)(host, ...rest);
  const message = `${host} is AWS itself, which no function of the embedded cloud may call: clients go to AWS_ENDPOINT_URL`;
  process.nextTick(rest.at(-1) as () => void, new Error(message));
};
dns.lookup = Object.defineProperties(lookupOnly, Object.getOwnPropertyDescriptors(lookup)) as typeof lookup;

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
/** The exports of a CommonJS module may only be visible on the default export. */
const exported = (of: unknown) =>
  handler.path.split('.').reduce((one, name) => (one as Record<string, unknown> | undefined)?.[name], of);
const handle = (exported(module) ?? exported(module.default)) as Handle;
if (typeof handle !== 'function')
  throw new Error(`Runtime.HandlerNotFound: ${handler.path} is undefined or not exported`);
if (!takesCallbacks && handle.length > 2) {
  // https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
  throw new Error(
    'Runtime.CallbackHandlerDeprecated: from Node.js 24 on, Lambda calls no handlers with a callback, which is what a third parameter is. Return a promise, or choose the runtime of Node.js 22',
  );
}

interface CallbackContext {
  callbackWaitsForEmptyEventLoop: boolean;
}

/**
 * Calls a handler as runtimes before Node.js 24 do: the result is a promise's, or that of the first call of the
 * callback, once the event loop is empty unless the handler says otherwise. Without either, it is null
 * (https://github.com/aws/aws-lambda-nodejs-runtime-interface-client, CallbackContext.js).
 */
function callWithCallback(event: unknown, context: CallbackContext): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let answer: { result: unknown } | undefined;
  const whenEmpty = () => resolve(answer?.result);
  const done: Callback = (error, result) => (error == null ? resolve(result) : reject(error));
  const callback: Callback = (error, result) => {
    if (error != null || !context.callbackWaitsForEmptyEventLoop) return done(error, result);
    answer ??= { result };
  };
  const ends = {
    done,
    succeed: (result: unknown) => done(null, result),
    fail: (error: unknown) => done(error ?? 'handled'),
  };
  process.once('beforeExit', whenEmpty);
  // Only the function's own work keeps this thread alive.
  parentPort?.unref();
  try {
    const returned = handle(event, Object.assign(context, ends), callback) as PromiseLike<unknown> | undefined;
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

/** Resolves when the output has arrived: a stream calls back when its reader asks for more. */
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
    const result = await call(JSON.parse(payload), context);
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
