import * as z from 'zod';
import { signerOf } from '../aws/signed.ts';
import { subscribersEntry } from '../contracts/directory.ts';

/** Cloud Map answers within milliseconds; two attempts fit into the remaining time of a function. */
const TIMEOUT_MS = 1_000;
const TRIES = 2;

const answer = z.object({ Instances: z.array(z.object({ InstanceId: z.string().min(1) })) });

/**
 * The subscribers of a topic cannot be read, or there are none, so that those who must be notified are unknown.
 * Endpoints answer 503 `busy` to an error of this name.
 */
export class SubscribersUnknownError extends Error {
  override readonly name = 'SubscribersUnknownError';
}

/**
 * Reads the subscribers of a topic from AWS Cloud Map, where the subscribers' stacks registered them, in one signed
 * call (https://docs.aws.amazon.com/cloud-map/latest/api/API_DiscoverInstances.html): the SDK client would be most of
 * the bundle's growth. Cloud Map returns at most 100 instances, which is also the maximum number of subscriptions to a
 * FIFO topic.
 * @param namespace value of the environment variable `DIRECTORY`
 * @beta
 */
export function createSubscribers(namespace: string) {
  const { AWS_ENDPOINT_URL, AWS_REGION } = process.env;
  // The data plane has its own host name; a configured endpoint is used as it is.
  const url = new URL(
    AWS_ENDPOINT_URL ??
      `https://data-servicediscovery.${AWS_REGION}.amazonaws.com${AWS_REGION?.startsWith('cn-') ? '.cn' : ''}`,
  );

  async function ask(topic: string): Promise<string[]> {
    const body = JSON.stringify({ NamespaceName: namespace, ServiceName: subscribersEntry(topic) });
    const headers = {
      host: url.host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Route53AutoNaming_v20170314.DiscoverInstances',
    };
    const response = await fetch(url, {
      method: 'POST',
      headers: await signerOf('servicediscovery')(url, headers, new TextEncoder().encode(body)),
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Cloud Map answered ${response.status}: ${text}`);
    return answer.parse(JSON.parse(text)).Instances.map(({ InstanceId }) => InstanceId);
  }

  /**
   * The services that have subscribed to a topic, at least one.
   * @throws {SubscribersUnknownError}
   */
  return async function subscribersOf(topic: string): Promise<string[]> {
    let cause: unknown;
    for (let tried = 0; tried < TRIES; tried++) {
      try {
        const found = await ask(topic);
        if (found.length > 0) return found.toSorted();
        cause = new Error('no subscribers registered');
      } catch (error) {
        cause = error;
      }
    }
    throw new SubscribersUnknownError(`subscribers of ${topic} are unknown: ${(cause as Error).message}`, { cause });
  };
}
