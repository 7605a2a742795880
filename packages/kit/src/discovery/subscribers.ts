import * as z from 'zod';
import { signerOf } from '../aws/signed.ts';
import { subscribersEntry } from '../contracts/directory.ts';

/** It answers within milliseconds; two tries fit into whatever time a function has left. */
const TIMEOUT_MS = 1_000;
const TRIES = 2;

const answer = z.object({ Instances: z.array(z.object({ InstanceId: z.string().min(1) })) });

/**
 * The directory cannot say who has subscribed, or nobody is in it: whoever must hear something cannot be told. By its name
 * endpoints answer 503 `busy`.
 */
export class SubscribersUnknownError extends Error {
  override readonly name = 'SubscribersUnknownError';
}

/**
 * Who has subscribed to topics, as the stacks of the subscribers entered it in AWS Cloud Map: one signed call
 * (https://docs.aws.amazon.com/cloud-map/latest/api/API_DiscoverInstances.html), whose client in the SDK would be most of
 * what it adds to a bundle. It returns 100 instances at most, as many as a FIFO topic has subscriptions at most.
 * @param namespace the environment's `DIRECTORY`
 * @beta
 */
export function createSubscribers(namespace: string) {
  const { AWS_ENDPOINT_URL, AWS_REGION } = process.env;
  // The data plane has a name of its own; an endpoint that somebody sets has none.
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
        cause = new Error('nobody is entered');
      } catch (error) {
        cause = error;
      }
    }
    throw new SubscribersUnknownError(`subscribers of ${topic} are unknown: ${(cause as Error).message}`, { cause });
  };
}
