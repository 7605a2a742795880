import * as z from 'zod';
import { signerOf } from '../aws/signed.ts';
import { subscribersEntry } from '../contracts/directory.ts';

/** Cloud Map responds within milliseconds. Two attempts fit into the remaining time of a function. */
const TIMEOUT_MS = 1_000;
const TRIES = 2;

const discovered = z.object({ Instances: z.array(z.object({ InstanceId: z.string().min(1) })) });

/**
 * The subscribers of a topic cannot be read, or none are registered, so the services that must be notified are unknown.
 * Endpoints return 503 `busy` for an error of this name.
 */
export class SubscribersUnknownError extends Error {
  override readonly name = 'SubscribersUnknownError';
}

/**
 * Reads the subscribers of a topic from AWS Cloud Map, where the subscribers' stacks registered them. Uses one signed
 * call (https://docs.aws.amazon.com/cloud-map/latest/api/API_DiscoverInstances.html), because the SDK client would add
 * much more to the bundle. Cloud Map returns at most 100 instances, which is also the maximum number of subscriptions to
 * a FIFO topic.
 * @param namespace value of the environment variable `DIRECTORY`
 * @beta
 */
export function createSubscribers(namespace: string) {
  const { AWS_ENDPOINT_URL, AWS_REGION } = process.env;
  // The data plane has its own host name; a configured endpoint is used unchanged.
  const url = new URL(
    AWS_ENDPOINT_URL ??
      `https://data-servicediscovery.${AWS_REGION}.amazonaws.com${AWS_REGION?.startsWith('cn-') ? '.cn' : ''}`,
  );

  async function discover(topic: string): Promise<string[]> {
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
    if (!response.ok) throw new Error(`Cloud Map returned ${response.status}: ${text}`);
    return discovered.parse(JSON.parse(text)).Instances.map(({ InstanceId }) => InstanceId);
  }

  /**
   * The services that subscribe to a topic; at least one.
   * @throws {SubscribersUnknownError}
   */
  return async function subscribersOf(topic: string): Promise<string[]> {
    let cause: unknown;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      try {
        const found = await discover(topic);
        if (found.length > 0) return found.toSorted();
        cause = new Error('no subscribers registered');
      } catch (error) {
        cause = error;
      }
    }
    throw new SubscribersUnknownError(`subscribers of ${topic} are unknown: ${(cause as Error).message}`, { cause });
  };
}
