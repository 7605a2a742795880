import { randomUUID } from 'node:crypto';
import type { InvocationResponse } from './instance.ts';

/** Sends the outcome of an event, or a failed event, to a resource. If sending fails, the caller logs the error. */
export type Destination = (message: string, attributes?: Record<string, string>) => Promise<void>;

/** Settings of asynchronous invocations. */
export interface AsyncSettings {
  maximumRetryAttempts: number;
  maximumEventAgeMs: number;
  onSuccess?: Destination | undefined;
  onFailure?: Destination | undefined;
  /** Receives the failed event itself, whereas `onFailure` receives a record of the invocation. */
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

interface Attempt {
  requestId: string;
  event: string;
  response: InvocationResponse;
  attempts: number;
}

/**
 * The asynchronous invocations of a function. An invocation is retried after errors. Its outcome is sent to the
 * configured destination, and a failed event also to the configured dead-letter queue or topic. Events are in memory:
 * an event without an outcome is lost when the cloud stops, unless the sender still has the event.
 */
export class AsynchronousInvocations {
  #settings: AsyncSettings = DEFAULTS;
  readonly #function: Invokable;
  readonly #stopping = new AbortController();
  /** Callbacks that end the delays before retries. */
  readonly #waiting = new Set<() => void>();

  constructor(fn: Invokable) {
    this.#function = fn;
  }

  /** Changes the given settings, and leaves all other settings unchanged. */
  configure(settings: Partial<AsyncSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** Handles an event. Never rejects. @returns false if the function was stopped before the event had an outcome */
  async run(event: string): Promise<boolean> {
    const { signal } = this.#stopping;
    const requestId = randomUUID();
    const startedAt = Date.now();
    for (let attempts = 1; ; attempts++) {
      const response = await this.#function.invoke(event, requestId);
      if (signal.aborted && !response.ok) return false;
      const attempt = { requestId, event, response, attempts };
      const { onSuccess, maximumRetryAttempts, maximumEventAgeMs } = this.#settings;
      if (response.ok) {
        await this.#send(onSuccess, () => this.#recordOf(attempt, 'Success'));
        return true;
      }
      const waitMs = RETRY_AFTER_MS[attempts - 1] ?? 0;
      const isTooOld = Date.now() - startedAt + waitMs > maximumEventAgeMs;
      if (attempts > maximumRetryAttempts || isTooOld) {
        await this.#giveUp(attempt, attempts > maximumRetryAttempts ? 'RetriesExhausted' : 'EventAgeExceeded');
        return true;
      }
      await this.#wait(waitMs);
      if (signal.aborted) return false;
    }
  }

  /** Reports a failed event: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
  async #giveUp(attempt: Attempt, condition: string): Promise<void> {
    const { onFailure, deadLetters } = this.#settings;
    await this.#send(onFailure, () => this.#recordOf(attempt, condition));
    const { errorMessage = '' } = JSON.parse(attempt.response.payload) as { errorMessage?: string };
    await this.#send(deadLetters, () => attempt.event, {
      RequestID: attempt.requestId,
      ErrorCode: '200',
      ErrorMessage: errorMessage.slice(0, MAX_ERROR_MESSAGE) || 'Unknown',
    });
  }

  async #send(destination: Destination | undefined, message: () => string, attributes?: Record<string, string>) {
    try {
      await destination?.(message(), attributes);
    } catch (error) {
      console.error(`${this.#function.settings.name}: an outcome could not be sent: ${(error as Error).message}`);
    }
  }

  #recordOf({ requestId, event, response, attempts }: Attempt, condition: string): string {
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

  /** The number of events that wait for a retry. */
  held = (): number => this.#waiting.size;

  /** Retries all waiting events now. */
  async tick(): Promise<void> {
    for (const wake of this.#waiting) wake();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.tick();
  }
}
