import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cloud } from '@rollcall/local';
import pMap from 'p-map';
import type { PushProvider } from '../beside/push-provider.ts';
import { callerOf } from './api.ts';
import { createDriver } from './driver.ts';
import { type Facts, isEnding } from './facts.ts';
import { between, randomOf, somewhere } from './town.ts';

export interface SimulationOptions {
  drivers: number;
  trips: number;
  seed: number;
  rideSeconds: number;
}

/** One passenger for so many trips, one of so many passengers may not ride. */
const TRIPS_EACH = 5;
const BLOCKED_EVERY = 20;
/** Of all drivers, as many trips at a time: nobody would wait for the rest to be free. */
const WANTED = 0.5;
/** Each driver reports where they are once in so many seconds. */
const REPORT_SECONDS = 20;
/** Without any news for so long, what is missing is taken for lost. */
const PATIENCE_MS = 120_000;
const AT_ONCE = 8;

/** Drivers and passengers of a town, until every trip has ended, or nothing happens any more. */
export async function simulate(cloud: Cloud, push: PushProvider, facts: Facts, options: SimulationOptions) {
  const random = randomOf(options.seed);
  const failures: Error[] = [];
  const going = (done: Promise<unknown>) => void done.catch((error: Error) => failures.push(error));
  const operator = await callerOf(cloud, { scope: 'read write' });

  const drivers = await pMap(
    Array(options.drivers).keys(),
    async () => {
      const id = randomUUID();
      const call = await callerOf(cloud, { sub: id });
      const driver = createDriver({ id, call, facts, random, rideSeconds: options.rideSeconds });
      await driver.report();
      return driver;
    },
    { concurrency: AT_ONCE },
  );
  const byId = new Map(drivers.map((driver) => [driver.id, driver]));
  const passengers = await pMap(
    Array(Math.ceil(options.trips / TRIPS_EACH)).keys(),
    async (index) => {
      const id = randomUUID();
      await operator('PUT', `/passengers/${id}`, { name: `Passenger ${index + 1}`, blocked: index % BLOCKED_EVERY === 1 });
      return { id, call: await callerOf(cloud, { sub: id }) };
    },
    { concurrency: AT_ONCE },
  );

  const ended = new Map<string, () => void>();
  let lastNews = performance.now();
  push.onShown = (shown) => {
    lastNews = performance.now();
    facts.add({ is: 'shown', ...shown });
    const driver = byId.get(shown.to);
    if (driver) going(driver.look(shown));
    else if (isEnding(shown.says)) ended.get(shown.tripId)?.();
  };

  const running = new AbortController();
  const every = async (ms: number, run: () => unknown) => {
    for (; !running.signal.aborted; await delay(ms)) await run();
  };
  // A stage's timer does this every minute; here nobody wants to wait for it.
  going(every(1_000, () => cloud.invoke('rides-dev-dispatch-expire', {})));
  going(every(1_000, () => drivers.map((driver) => driver.wander())));
  let next = 0;
  going(every((1_000 * REPORT_SECONDS) / drivers.length, () => drivers[next++ % drivers.length]?.report()));

  const rides = pMap(
    Array(options.trips).keys(),
    async (index) => {
      const passenger = passengers[index % passengers.length];
      if (!passenger) return;
      const [tripId, from] = [randomUUID(), somewhere(random)];
      const trip = { passengerId: passenger.id, from, to: between(from, somewhere(random), 0.4) };
      const { promise, resolve } = Promise.withResolvers<void>();
      ended.set(tripId, resolve);
      facts.add({ is: 'asked', tripId, ...trip });
      await passenger.call('PUT', `/trips/${tripId}`, trip);
      await promise;
    },
    { concurrency: Math.max(2, Math.ceil(drivers.length * WANTED)) },
  );
  const silence = every(1_000, () => {
    if (performance.now() - lastNews > PATIENCE_MS || failures.length > 0) running.abort();
  });
  await Promise.race([rides, silence]);
  running.abort();
  if (failures.length > 0) throw new AggregateError(failures, failures[0]?.message);
}
