import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface FunctionSettings {
  name: string;
  arn: string;
  /** ARN of the role that it runs in. */
  role: string;
  /** Folder of the deployed bundle. */
  codeFolder: string;
  /** `file.export`. */
  handler: string;
  timeoutMs: number;
  memoryMb: number;
  environment: Record<string, string>;
}

export interface WorkerData {
  codeFolder: string;
  handler: string;
  functionName: string;
  functionArn: string;
  memoryMb: number;
}

export interface InvocationRequest {
  requestId: string;
  payload: string;
  /** Epoch milliseconds. */
  deadline: number;
}

export interface InvocationResponse {
  ok: boolean;
  payload: string;
  usedMb?: number;
}

/** Lambda's limit for initialization. */
const INIT_TIMEOUT_MS = 10_000;

const failure = (errorType: string, errorMessage: string): InvocationResponse => ({
  ok: false,
  payload: JSON.stringify({ errorType, errorMessage }),
});

/** One execution environment of a function: a worker thread that handles one event at a time. */
export class Instance {
  readonly #settings: FunctionSettings;
  readonly #worker: Worker;
  readonly #ready: Promise<void>;
  /** False once its thread has ended, or is about to. */
  alive = true;
  idleSince = 0;

  constructor(settings: FunctionSettings, log: (line: string) => void) {
    this.#settings = settings;
    const { codeFolder, handler, name, arn, memoryMb, environment } = settings;
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { codeFolder, handler, functionName: name, functionArn: arn, memoryMb } satisfies WorkerData,
      env: environment,
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 8 },
      stdout: true,
      stderr: true,
    });
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => text.trimEnd().split('\n').forEach(log));
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
    const late = AbortSignal.timeout(INIT_TIMEOUT_MS);
    const exited = once(this.#worker, 'exit', { signal: late }).then(() => {
      throw new Error('Runtime exited while it was being initialized');
    });
    try {
      await Promise.race([once(this.#worker, 'message', { signal: late }), exited]);
    } catch (error) {
      void this.terminate();
      throw late.aborted ? new Error(`Initialization took longer than ${INIT_TIMEOUT_MS / 1000} seconds`) : error;
    }
  }

  /** Never rejects: what goes wrong is the response, as with Lambda. */
  async invoke(requestId: string, payload: string): Promise<InvocationResponse> {
    try {
      await this.#ready;
    } catch (error) {
      return failure('Runtime.InitError', (error as Error).message);
    }
    const { timeoutMs } = this.#settings;
    const { promise, resolve } = Promise.withResolvers<InvocationResponse>();
    const timer = setTimeout(() => {
      resolve(failure('Sandbox.Timedout', `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`));
      void this.terminate();
    }, timeoutMs);
    const onError = (error: Error) => resolve(failure('Runtime.ExitError', error.message));
    const onExit = () => resolve(failure('Runtime.ExitError', 'Runtime exited without providing a reason'));
    this.#worker.once('message', resolve).once('error', onError).once('exit', onExit);
    this.#worker.postMessage({ requestId, payload, deadline: Date.now() + timeoutMs } satisfies InvocationRequest);
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
