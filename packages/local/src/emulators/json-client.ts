import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { readBody } from '../server/read-body.ts';

const ATTEMPTS = 3;
const BACKOFF_MS = 100;

/**
 * Calls one AWS service by the service's JSON protocol, as the operator. Lambda's pollers use this client instead of
 * the SDK's, because the pollers call continuously, and the signature, schemas and middleware of the SDK took two
 * thirds of the time of each call.
 */
export class JsonClient {
  readonly #url: string;
  readonly #api: string;
  readonly #agent = new Agent({ keepAlive: true });

  /** @param api prefix of `x-amz-target`, such as `AmazonSQS` */
  constructor(url: string, api: string) {
    this.#url = url;
    this.#api = api;
  }

  /**
   * Calls an operation, up to three times if the service fails or throttles the calls.
   * @throws {Error} with the status and body of the last response. A failed connection is not retried
   */
  async call<Output>(operation: string, input: object, signal?: AbortSignal): Promise<Output> {
    const body = JSON.stringify(input);
    for (let attempt = 1; ; attempt++) {
      const response = await this.#send(operation, body, signal);
      const text = (await readBody(response))?.toString() ?? '';
      const status = response.statusCode ?? 0;
      if (status === 200) return JSON.parse(text || '{}') as Output;
      if (attempt === ATTEMPTS || !isTransient(status, text))
        throw new Error(`${operation} returned status ${status}: ${text}`);
      await delay(BACKOFF_MS * attempt, undefined, { ...(signal && { signal }) });
    }
  }

  destroy(): void {
    this.#agent.destroy();
  }

  #send(operation: string, body: string, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': Buffer.byteLength(body),
      'x-amz-target': `${this.#api}.${operation}`,
    };
    return new Promise((resolve, reject) => {
      request(this.#url, { method: 'POST', agent: this.#agent, headers, ...(signal && { signal }) })
        .on('response', resolve)
        .on('error', reject)
        .end(body);
    });
  }
}

const isTransient = (status: number, text: string) => status >= 500 || /Throttl|ThroughputExceeded/.test(text);
