import { randomUUID } from 'node:crypto';
import type { Cloud } from '@rollcall/local';
import pMap from 'p-map';
import { type Call, callerOf } from './api.ts';
import { createDriver, type DriverOptions } from './driver.ts';

/** The limit of concurrent requests. */
const AT_ONCE = { concurrency: 8 };
/** One passenger in 20 may not ride. */
const BLOCKED_EVERY = 20;

export interface Passenger {
  id: string;
  call: Call;
}

/** Creates drivers, who report their first positions. */
export const joinDrivers = (cloud: Cloud, count: number, about: Omit<DriverOptions, 'id' | 'call'>) =>
  pMap(
    Array(count).keys(),
    async () => {
      const id = randomUUID();
      const driver = createDriver({ id, call: await callerOf(cloud, { sub: id, scope: 'read write' }), ...about });
      await driver.report();
      return driver;
    },
    AT_ONCE,
  );

export async function registerPassengers(cloud: Cloud, count: number): Promise<Passenger[]> {
  const operator = await callerOf(cloud, { scope: 'read write operator' });
  return pMap(
    Array(count).keys(),
    async (index) => {
      const id = randomUUID();
      const blocked = index % BLOCKED_EVERY === 1;
      await operator('PUT', `/passengers/${id}`, { name: `Passenger ${index + 1}`, blocked });
      return { id, call: await callerOf(cloud, { sub: id, scope: 'read write' }) };
    },
    AT_ONCE,
  );
}
