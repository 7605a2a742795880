import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Handler } from './handler.ts';
import type { ProvidedPackages } from './sdk-imports.ts';

export interface FunctionSettings {
  name: string;
  arn: string;
  /** ARN of the function's execution role. */
  role: string;
  handler: Handler;
  /** Whether handlers may use callbacks, as in Lambda's runtimes before Node.js 24. */
  takesCallbacks: boolean;
  /** The packages that Lambda provides and that the function's code imports. */
  provided: ProvidedPackages;
  /** The folder for compiled code. It is in the assembly, so it is deleted with the assembly. */
  compileCache: string;
  timeoutMs: number;
  memoryMb: number;
  environment: Record<string, string>;
}

export interface WorkerData extends Pick<FunctionSettings, 'handler' | 'takesCallbacks' | 'provided' | 'compileCache'> {
  functionName: string;
  functionArn: string;
  memoryMb: number;
}

export interface InvocationRequest {
  requestId: string;
  payload: string;
  /** Epoch milliseconds. */
  deadline: number;
  /** Whether the log lines of the invocation must arrive before its response. */
  logsFirst: boolean;
  /** The client context that the caller sent. */
  clientContext?: unknown;
}

/** A message to an instance. The instance responds when all its log lines have arrived in the main thread. */
export const FLUSH = 'flush';

export interface InvocationOptions {
  /** Receives the lines that this invocation logs. */
  tail?: string[] | undefined;
  clientContext?: unknown;
}

export interface InvocationResponse {
  ok: boolean;
  payload: string;
  usedMb?: number;
}

/**
 * Lambda's limit for initialization
 * (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib).
 */
const INIT_TIMEOUT_MS = 10_000;
const INIT_CHECK_INTERVAL_MS = 250;

const SOURCE = readFileSync(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), 'utf8');
/**
 * The worker's code, without types. If each thread had to strip the types itself, loading the compiler would take half
 * of the thread's start time.
 */
const WORKER = new URL(
  // With `sourceURL`, stack traces show this name instead of the whole URL.
  `data:text/javascript,${encodeURIComponent(`${stripTypeScriptTypes(SOURCE)}\n//# sourceURL=lambda-runtime.mjs`)}`,
);

const failure = (errorType: string, errorMessage: string): InvocationResponse => ({
  ok: false,
  payload: JSON.stringify({ errorType, errorMessage }),
});

/** An execution environment of a function: a worker thread that handles one event at a time. */
export class Instance {
  readonly #settings: FunctionSettings;
  readonly #initTimeoutMs: number;
  readonly #worker: Worker;
  readonly #ready: Promise<void>;
  /** False when the thread has ended or is being ended. */
  alive = true;
  idleSince = 0;
  /** Receives the log lines of the current invocation, if the caller of the invocation requested them. */
  #tail: string[] | undefined;

  constructor(settings: FunctionSettings, log: (line: string) => void, initTimeoutMs = INIT_TIMEOUT_MS) {
    this.#settings = settings;
    this.#initTimeoutMs = initTimeoutMs;
    const { handler, takesCallbacks, provided, compileCache, name, arn, memoryMb, environment } = settings;
    const ofFunction = { functionName: name, functionArn: arn, memoryMb };
    this.#worker = new Worker(WORKER, {
      workerData: { handler, takesCallbacks, provided, compileCache, ...ofFunction } satisfies WorkerData,
      env: environment,
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 8 },
      stdout: true,
      stderr: true,
    });
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        const lines = text.trimEnd().split('\n');
        this.#tail?.push(...lines);
        lines.forEach(log);
      });
    }
    this.#ready = this.#initialized();
    // Callers that wait for the instance get the rejection. Without this handler, a rejection that no caller waits for
    // would end the process.
    this.#ready.catch(() => {});
    this.#worker.on('error', (error: Error) => log(String(error.stack)));
    this.#worker.on('exit', () => {
      this.alive = false;
    });
  }

  async #initialized(): Promise<void> {
    const ended = new AbortController();
    const { signal } = ended;
    const exited = once(this.#worker, 'exit', { signal }).then(() => {
      throw new Error('Runtime exited during initialization');
    });
    try {
      await Promise.race([once(this.#worker, 'message', { signal }), exited, this.#initTimeout(signal)]);
    } catch (error) {
      void this.terminate();
      throw error;
    } finally {
      ended.abort();
    }
  }

  /** Never resolves. @throws {Error} when the initialization has taken too long, or `signal` aborts */
  async #initTimeout(signal: AbortSignal): Promise<void> {
    while ((await this.#spentMs()) < this.#initTimeoutMs) await delay(INIT_CHECK_INTERVAL_MS, undefined, { signal });
    throw new Error(`Initialization took longer than ${this.#initTimeoutMs / 1000} seconds`);
  }

  /**
   * The time that the thread has used, without the time in which it waited for a CPU, because on Lambda the thread
   * would not have to wait for a CPU. On two cores with 24 busy processes, an initialization of half a second takes
   * more than ten seconds.
   */
  async #spentMs(): Promise<number> {
    const { idle } = this.#worker.performance.eventLoopUtilization();
    // A thread that has not started yet has no usage.
    const { user, system } = await this.#worker.cpuUsage().catch(() => ({ user: 0, system: 0 }));
    return idle + (user + system) / 1000;
  }

  /** Handles an event. Never rejects: an error is part of the response, as on Lambda. */
  async invoke(
    requestId: string,
    payload: string,
    { tail, clientContext }: InvocationOptions = {},
  ): Promise<InvocationResponse> {
    try {
      await this.#ready;
    } catch (error) {
      return failure('Runtime.InitError', (error as Error).message);
    }
    // Waits for the log lines of earlier invocations, which do not belong in this tail.
    const flushed = tail && (await this.#request(FLUSH));
    if (flushed?.ok === false) return flushed;
    this.#tail = tail;
    const deadline = Date.now() + this.#settings.timeoutMs;
    const response = await this.#request({
      requestId,
      payload,
      deadline,
      logsFirst: tail !== undefined,
      clientContext,
    });
    this.#tail = undefined;
    return response;
  }

  async #request(message: InvocationRequest | typeof FLUSH): Promise<InvocationResponse> {
    const { timeoutMs } = this.#settings;
    const { promise, resolve } = Promise.withResolvers<InvocationResponse>();
    const timer = setTimeout(() => {
      resolve(failure('Sandbox.Timedout', `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`));
      void this.terminate();
    }, timeoutMs);
    const onError = (error: Error) => resolve(failure('Runtime.ExitError', error.message));
    const onExit = () => resolve(failure('Runtime.ExitError', 'Runtime exited without providing a reason'));
    this.#worker.once('message', resolve).once('error', onError).once('exit', onExit);
    this.#worker.postMessage(message);
    const response = await promise;
    clearTimeout(timer);
    this.#worker.off('message', resolve).off('error', onError).off('exit', onExit);
    return response;
  }

  async terminate(): Promise<void> {
    this.alive = false;
    await this.#worker.terminate();
  }
}
