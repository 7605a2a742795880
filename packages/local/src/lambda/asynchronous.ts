import { randomUUID } from 'node:crypto';
import type { InvocationResponse } from './instance.ts';

/** Gets what a function's events came to. Errors are the caller's to report. */
export type Destination = (message: string, attributes?: Record<string, string>) => Promise<void>;

/** What is done with events that a function is given asynchronously. */
export interface AsyncSettings {
  maximumRetryAttempts: number;
  maximumEventAgeMs: number;
  onSuccess?: Destination | undefined;
  onFailure?: Destination | undefined;
  /** Gets the event itself; `onFailure` gets a record of the invocation. */
  deadLetters?: Destination | undefined;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const DEFAULTS: AsyncSettings = { maximumRetryAttempts: 2, maximumEventAgeMs: 6 * 3_600_000 };
const RETRY_AFTER_MS = [60_000, 120_000];
const MAX_ERROR_MESSAGE = 1_024;

interface Invokable {
  settings: { name: string; arn: string };
  invoke(payload: string, requestId: string): Promise<InvocationResponse>;
}

interface Tried {
  requestId: string;
  event: string;
  response: InvocationResponse;
  attempts: number;
}

/**
 * The events that a function was given without anybody waiting for its answer: each is tried again after errors, and goes to a
 * destination or dead-letter queue in the end. They are in memory: what has not succeeded when the cloud stops is lost, unless its
 * sender still has it.
 */
export class AsynchronousInvocations {
  #settings: AsyncSettings = DEFAULTS;
  readonly #function: Invokable;
  readonly #stopping = new AbortController();
  /** Ends the waits for another try. */
  readonly #waiting = new Set<() => void>();

  constructor(fn: Invokable) {
    this.#function = fn;
  }

  /** Changes what is given, and leaves the rest. */
  configure(settings: Partial<AsyncSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** Never rejects. @returns false, if the function was stopped before the event had succeeded or was given up */
  async run(event: string): Promise<boolean> {
    const { signal } = this.#stopping;
    const requestId = randomUUID();
    const startedAt = Date.now();
    for (let attempts = 1; ; attempts++) {
      const response = await this.#function.invoke(event, requestId);
      if (signal.aborted && !response.ok) return false;
      const tried = { requestId, event, response, attempts };
      const { onSuccess, maximumRetryAttempts, maximumEventAgeMs } = this.#settings;
      if (response.ok) {
        await this.#tell(onSuccess, () => this.#recordOf(tried, 'Success'));
        return true;
      }
      const waitMs = RETRY_AFTER_MS[attempts - 1] ?? 0;
      const isTooOld = Date.now() - startedAt + waitMs > maximumEventAgeMs;
      if (attempts > maximumRetryAttempts || isTooOld) {
        await this.#giveUp(tried, attempts > maximumRetryAttempts ? 'RetriesExhausted' : 'EventAgeExceeded');
        return true;
      }
      await this.#wait(waitMs);
      if (signal.aborted) return false;
    }
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
  async #giveUp(tried: Tried, condition: string): Promise<void> {
    const { onFailure, deadLetters } = this.#settings;
    await this.#tell(onFailure, () => this.#recordOf(tried, condition));
    const { errorMessage = '' } = JSON.parse(tried.response.payload) as { errorMessage?: string };
    await this.#tell(deadLetters, () => tried.event, {
      RequestID: tried.requestId,
      ErrorCode: '200',
      ErrorMessage: errorMessage.slice(0, MAX_ERROR_MESSAGE) || 'Unknown',
    });
  }

  async #tell(destination: Destination | undefined, message: () => string, attributes?: Record<string, string>) {
    try {
      await destination?.(message(), attributes);
    } catch (error) {
      console.error(`${this.#function.settings.name}: a destination was not reached: ${(error as Error).message}`);
    }
  }

  #recordOf({ requestId, event, response, attempts }: Tried, condition: string): string {
    return JSON.stringify({
      version: '1.0',
      timestamp: new Date().toISOString(),
      requestContext: {
        requestId,
        functionArn: `${this.#function.settings.arn}:$LATEST`,
        condition,
        approximateInvokeCount: attempts,
      },
      requestPayload: JSON.parse(event),
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(!response.ok && { functionError: 'Unhandled' }),
      },
      responsePayload: JSON.parse(response.payload),
    });
  }

  async #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#waiting.add(resolve);
    await promise;
    this.#waiting.delete(resolve);
    clearTimeout(timer);
  }

  start(): void {}

  /** How many events wait for another try. */
  held = (): number => this.#waiting.size;

  /** Tries all of them again now. */
  async tick(): Promise<void> {
    for (const wake of this.#waiting) wake();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.tick();
  }
}
