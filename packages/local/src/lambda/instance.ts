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
  /** ARN of the role that it runs in. */
  role: string;
  handler: Handler;
  /** Whether it may answer by a callback, as Lambda's runtimes before Node.js 24 have it. */
  takesCallbacks: boolean;
  /** What its code imports of Lambda's own packages. */
  provided: ProvidedPackages;
  timeoutMs: number;
  memoryMb: number;
  environment: Record<string, string>;
}

export interface WorkerData extends Pick<FunctionSettings, 'handler' | 'takesCallbacks' | 'provided'> {
  functionName: string;
  functionArn: string;
  memoryMb: number;
}

export interface InvocationRequest {
  requestId: string;
  payload: string;
  /** Epoch milliseconds. */
  deadline: number;
  /** Whether what it logs must have arrived before its response. */
  logsFirst: boolean;
  /** What the caller says of itself. */
  clientContext?: unknown;
}

/** Asks that all that is logged arrives before the answer. */
export const FLUSH = 'flush';

export interface InvocationOptions {
  /** Gets the lines that are logged meanwhile. */
  tail?: string[] | undefined;
  clientContext?: unknown;
}

export interface InvocationResponse {
  ok: boolean;
  payload: string;
  usedMb?: number;
}

/** Lambda's limit for initialization (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib). */
const INIT_TIMEOUT_MS = 10_000;
const INIT_CHECKED_EVERY_MS = 250;

const SOURCE = readFileSync(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), 'utf8');
/** Without its types already: a thread that has to strip them loads a compiler, which is half of what its start costs. */
const WORKER = new URL(
  // A stack trace says its name, and not all of it.
  `data:text/javascript,${encodeURIComponent(`${stripTypeScriptTypes(SOURCE)}\n//# sourceURL=lambda-runtime.mjs`)}`,
);

const failure = (errorType: string, errorMessage: string): InvocationResponse => ({
  ok: false,
  payload: JSON.stringify({ errorType, errorMessage }),
});

/** One execution environment of a function: a worker thread that handles one event at a time. */
export class Instance {
  readonly #settings: FunctionSettings;
  readonly #initTimeoutMs: number;
  readonly #worker: Worker;
  readonly #ready: Promise<void>;
  /** False once its thread has ended, or is about to. */
  alive = true;
  idleSince = 0;
  /** Gets the lines of the invocation that is under way, if somebody wants them. */
  #tail: string[] | undefined;

  constructor(settings: FunctionSettings, log: (line: string) => void, initTimeoutMs = INIT_TIMEOUT_MS) {
    this.#settings = settings;
    this.#initTimeoutMs = initTimeoutMs;
    const { handler, takesCallbacks, provided, name, arn, memoryMb, environment } = settings;
    const ofFunction = { functionName: name, functionArn: arn, memoryMb };
    this.#worker = new Worker(WORKER, {
      workerData: { handler, takesCallbacks, provided, ...ofFunction } satisfies WorkerData,
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
    // Whoever waits hears of it; without this, a failure while nobody waits would end the process.
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
      throw new Error('Runtime exited while it was being initialized');
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

  /** Never resolves. @throws {Error} when initialization has had its time */
  async #initTimeout(signal: AbortSignal): Promise<void> {
    while ((await this.#spentMs()) < this.#initTimeoutMs) await delay(INIT_CHECKED_EVERY_MS, undefined, { signal });
    throw new Error(`Initialization took longer than ${this.#initTimeoutMs / 1000} seconds`);
  }

  /**
   * How long the thread has run or waited for something, but not how long it waited for a CPU: on Lambda it would not have
   * to. Beside 24 busy processes on two cores, half a second of initialization takes more than ten.
   */
  async #spentMs(): Promise<number> {
    const { idle } = this.#worker.performance.eventLoopUtilization();
    // Of a thread that has not begun there is no usage.
    const { user, system } = await this.#worker.cpuUsage().catch(() => ({ user: 0, system: 0 }));
    return idle + (user + system) / 1000;
  }

  /** Never rejects: what goes wrong is the response, as with Lambda. */
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
    // What was logged before is of another invocation.
    const flushed = tail && (await this.#ask(FLUSH));
    if (flushed?.ok === false) return flushed;
    this.#tail = tail;
    const deadline = Date.now() + this.#settings.timeoutMs;
    const response = await this.#ask({ requestId, payload, deadline, logsFirst: tail !== undefined, clientContext });
    this.#tail = undefined;
    return response;
  }

  async #ask(message: InvocationRequest | typeof FLUSH): Promise<InvocationResponse> {
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
