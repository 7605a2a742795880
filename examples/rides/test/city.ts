import { randomUUID } from 'node:crypto';
import { type Cloud, startCloud } from '@rollcall/local';
import { PushProvider } from '../beside/push-provider.ts';
import type { Place } from '../shared/place.ts';

/** Some degrees of latitude, so that each test has drivers of its own. */
let degrees = 0;
const newTown = (): Place => ({ lat: ++degrees, lng: 2 });
/** North of a place. A degree of latitude has 111 km. */
export const north = ({ lat, lng }: Place, metres: number): Place => ({ lat: lat + metres / 111_195, lng });

export type City = Awaited<ReturnType<typeof openCity>>;

/** The services on an embedded cloud, and who calls them. */
export async function openCity(environment: Record<string, string> = {}) {
  const push = new PushProvider();
  const cloud: Cloud = await startCloud({ app: import.meta.dirname, beside: [push], environment });
  const authorization = `Bearer ${await cloud.issuer.token({ scope: 'read write' })}`;
  const request = async (method: string, path: string, body?: object) => {
    const answer = await cloud.request(method, path, body, { authorization });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };

  return {
    ...{ cloud, push, request, newTown },

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

    /** Asked for, and offered or ended. */
    async trip(from: Place, passengerId: string, id = randomUUID()): Promise<string> {
      await request('PUT', `/trips/${id}`, { passengerId, from, to: north(from, 3_000) });
      await cloud.settled();
      return id;
    },

    answer: (driverId: string, tripId: string, answer: string) =>
      request('POST', `/drivers/${driverId}/answers`, { tripId, answer }),

    read: (tripId: string) => request('GET', `/trips/${tripId}`),

    /** What somebody was shown of a trip, in order. */
    told: (to: string, tripId: string) =>
      push.shown.filter((one) => one.to === to && one.tripId === tripId).map(({ says }) => says),

    /** What the timer does every minute. */
    expire: () => cloud.invoke('rides-dev-dispatch-expire', {}),
  };
}
