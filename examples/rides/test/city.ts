import { randomUUID } from 'node:crypto';
import { PublishCommand } from '@aws-sdk/client-sns';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Cloud, startCloud } from '@rollcall/local';
import { expect } from 'vitest';
import { PushProvider } from '../beside/push-provider.ts';
import type { Place } from '../shared/place.ts';

/** Longer than any test, so that offers expire only through `expire`. */
const OFFER_MS = 3_600_000;

/**
 * The latitude of the town that was created last. Each test has its own town, so that drivers of other tests get no
 * offers.
 */
let degrees = 0;
const newTown = (): Place => ({ lat: ++degrees, lng: 2 });
/** A place to the north. A degree of latitude is 111 km. */
export const north = ({ lat, lng }: Place, metres: number): Place => ({ lat: lat + metres / 111_195, lng });

export type City = Awaited<ReturnType<typeof openCity>>;

async function repeat(cloud: Cloud, { channel, body }: ReturnType<Cloud['published']>[number]): Promise<void> {
  const { subject, source } = JSON.parse(body) as { subject: string; source: string };
  const ids = { MessageGroupId: subject, MessageDeduplicationId: randomUUID() };
  if (channel.endsWith('.fifo')) {
    const TopicArn = `arn:aws:sns:us-east-1:000000000000:${channel}`;
    return void (await cloud.sns.send(new PublishCommand({ TopicArn, Message: body, ...ids })));
  }
  // A queue accepts messages only from the relay of the sending service.
  const relay = `rides-dev-${source.split('/').at(-1)}-outbox-relay`;
  const credentials = cloud.access.credentialsOf(`arn:aws:iam::000000000000:role/${relay}`, relay);
  const QueueUrl = `${cloud.endpointUrl}/000000000000/${channel}`;
  await new SQSClient({ ...cloud.config, credentials }).send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
}

/**
 * Starts the services on an embedded cloud. Returns functions that call the API with an operator's token, except
 * `statusFor`.
 */
export async function openCity() {
  const push = new PushProvider();
  const environment = { OFFER_SECONDS: String(OFFER_MS / 1_000) };
  const cloud: Cloud = await startCloud({ app: import.meta.dirname, beside: [push], environment });
  const authorization = `Bearer ${await cloud.issuer.token({ scope: 'read write operator' })}`;
  const request = async (method: string, path: string, body?: object) => {
    const response = await cloud.request(method, path, body, { authorization });
    if (response.status >= 300)
      throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(response.body)}`);
    return response.body;
  };

  /** Has a long timeout, because the machine may be busy. */
  const settled = () => cloud.settled({ withinMs: 200_000 });

  return {
    ...{ cloud, push, settled, newTown },

    async passenger(blocked = false): Promise<string> {
      const id = randomUUID();
      await request('PUT', `/passengers/${id}`, { name: 'Ana', blocked });
      return id;
    },

    async driver(at: Place): Promise<string> {
      const id = randomUUID();
      await request('PUT', `/drivers/${id}/position`, at);
      return id;
    },

    /** Requests a trip, and waits until the trip is offered or has ended. */
    async trip(from: Place, passengerId: string, id: string = randomUUID()): Promise<string> {
      await request('PUT', `/trips/${id}`, { passengerId, from, to: north(from, 3_000) });
      await settled();
      return id;
    },

    /** Sends a request with the token of a user. Returns the status of the response. */
    async statusFor(sub: string, method: string, path: string, body?: object): Promise<number> {
      const token = await cloud.issuer.token({ sub, scope: 'read write' });
      return (await cloud.request(method, path, body, { authorization: `Bearer ${token}` })).status;
    },

    answer: (driverId: string, tripId: string, answer: string) =>
      request('POST', `/drivers/${driverId}/answers`, { tripId, answer }),

    read: (tripId: string) => request('GET', `/trips/${tripId}`),

    /** The notifications to a user about a trip, in order. */
    notifications: (to: string, tripId: string) =>
      push.shown.filter((one) => one.to === to && one.tripId === tripId).map(({ kind }) => kind),

    /** How often a command about a trip was sent to a queue. */
    sent: (queue: string, tripId: string) =>
      cloud.published().filter(({ channel, body }) => channel.endsWith(queue) && body.includes(tripId)).length,

    /** Sends all messages about a trip again, with new deduplication IDs, to simulate repeated deliveries. */
    async repeatAll(tripId: string): Promise<void> {
      for (const message of cloud.published().filter(({ body }) => body.includes(tripId))) await repeat(cloud, message);
    },

    /** Lets the current offers of a trip expire. */
    async expire(tripId: string): Promise<void> {
      const key = { subject: tripId, name: 'offers' };
      expect(await cloud.invoke('rides-dev-dispatch-outbox-sweep', { sendNow: key })).toEqual({ sent: 'released' });
    },
  };
}
