import * as z from 'zod';
import { signerOf } from '../aws/signed.ts';
import { subscribersServiceName } from '../contracts/directory.ts';

/** Cloud Map usually responds within milliseconds. Two attempts of one second each fit into the time of a function. */
const TIMEOUT_MS = 1_000;
const TRIES = 2;

const discovered = z.object({ Instances: z.array(z.object({ InstanceId: z.string().min(1) })) });

/**
 * The subscribers of a topic are unknown, because Cloud Map could not be read or lists no subscriber of the topic.
 * Endpoints return 503 `busy` for an error of this name.
 */
export class SubscribersUnknownError extends Error {
  override readonly name = 'SubscribersUnknownError';
}

/**
 * Creates a function that reads the subscribers of a topic from AWS Cloud Map, where the subscribers' stacks registered
 * them. The function signs its calls itself
 * (https://docs.aws.amazon.com/cloud-map/latest/api/API_DiscoverInstances.html), because an SDK client would add much
 * more code to the bundle. Cloud Map returns at most 100 instances, which is also the maximum number of subscriptions
 * to a FIFO topic.
 * @param namespace the Cloud Map namespace: the value of the environment variable `DIRECTORY`
 * @beta
 */
export function createSubscribers(namespace: string) {
  const { AWS_ENDPOINT_URL, AWS_REGION } = process.env;
  // The data plane of Cloud Map has a separate host name. A configured endpoint is used unchanged.
  const url = new URL(
    AWS_ENDPOINT_URL ??
      `https://data-servicediscovery.${AWS_REGION}.amazonaws.com${AWS_REGION?.startsWith('cn-') ? '.cn' : ''}`,
  );

  async function discover(topic: string): Promise<string[]> {
    const body = JSON.stringify({ NamespaceName: namespace, ServiceName: subscribersServiceName(topic) });
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
   * @returns the names of the services that subscribe to the topic: at least one name
   * @throws {SubscribersUnknownError} if the last attempt failed or found no subscriber
   */
  return async function subscribersOf(topic: string): Promise<string[]> {
    let cause: unknown;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      try {
        const found = await discover(topic);
        if (found.length > 0) return found.toSorted();
        cause = new Error('no subscribers are registered');
      } catch (error) {
        cause = error;
      }
    }
    throw new SubscribersUnknownError(`subscribers of ${topic} are unknown: ${(cause as Error).message}`, { cause });
  };
}
