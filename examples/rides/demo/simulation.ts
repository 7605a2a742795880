import { randomUUID } from 'node:crypto';
import type { Cloud } from '@rollcall/local';
import pMap from 'p-map';
import type { PushProvider } from '../beside/push-provider.ts';
import { createBackground } from './background.ts';
import { type Facts, isEnding } from './facts.ts';
import { joinDrivers, type Passenger, registerPassengers } from './people.ts';
import { between, randomOf, somewhere, type Town } from './town.ts';

export interface SimulationOptions {
  drivers: number;
  trips: number;
  /** Maximum number of concurrent trips. */
  atOnce: number;
  seed: number;
  rideSeconds: number;
  town: Town;
}

const TRIPS_PER_PASSENGER = 5;
/** Interval at which each driver reports a position. */
const REPORT_SECONDS = 20;
/** The simulation ends after this time without a notification. Passengers of open trips then count as not notified. */
const PATIENCE_MS = 60_000;

/** Simulates drivers and passengers of a town, until every trip has ended or no more notifications arrive. */
export async function simulate(cloud: Cloud, push: PushProvider, facts: Facts, options: SimulationOptions) {
  const { town, rideSeconds } = options;
  const random = randomOf(options.seed);
  const drivers = await joinDrivers(cloud, options.drivers, { facts, town, random, rideSeconds });
  const passengers = await registerPassengers(cloud, Math.ceil(options.trips / TRIPS_PER_PASSENGER));
  const byId = new Map(drivers.map((driver) => [driver.id, driver]));
  const work = createBackground();
  const ended = new Map<string, () => void>();
  let lastShownAt = performance.now();

  push.onShown = (shown) => {
    lastShownAt = performance.now();
    facts.add({ is: 'shown', ...shown });
    const driver = byId.get(shown.to);
    if (driver) work.watch(driver.react(shown));
    else if (isEnding(shown.kind)) ended.get(shown.tripId)?.();
  };

  async function ride({ id: passengerId, call }: Passenger): Promise<void> {
    const [tripId, from] = [randomUUID(), somewhere(town, random)];
    const trip = { passengerId, from, to: between(from, somewhere(town, random), 0.4) };
    const { promise, resolve } = Promise.withResolvers<void>();
    ended.set(tripId, resolve);
    facts.add({ is: 'requested', tripId, ...trip });
    await call('PUT', `/trips/${tripId}`, trip);
    await promise;
  }

  let next = 0;
  work.every((1_000 * REPORT_SECONDS) / drivers.length, () => drivers[next++ % drivers.length]?.report());
  work.every(1_000, () => drivers.map((driver) => driver.wander()));
  // In a deployed stage, a timer sends due messages every minute, which is too slow for the demo.
  work.every(1_000, () => cloud.invoke('rides-dev-dispatch-outbox-sweep', {}));

  const riders = Array.from(
    { length: options.trips },
    (_, index) => passengers[index % passengers.length] as Passenger,
  );
  let isDone = false;
  work.watch(
    pMap(riders, ride, { concurrency: options.atOnce }).then(() => {
      isDone = true;
    }),
  );
  try {
    await work.until(() => isDone || performance.now() - lastShownAt > PATIENCE_MS);
  } finally {
    work.stop();
  }
}
