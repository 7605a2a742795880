import { afterAll, beforeAll, expect, it } from 'vitest';
import { type City, north, openCity } from './city.ts';

let city: City;
beforeAll(async () => {
  city = await openCity();
});
afterAll(() => city.cloud.stop());

it('a trip is offered to the nearest drivers, taken by one, and driven', async () => {
  const here = city.newTown();
  const driverAt = (metres: number) => city.driver(north(here, metres));
  const [far, near] = [await driverAt(900), await driverAt(100)];
  const others = [await driverAt(300), await driverAt(500)];
  const passenger = await city.passenger();
  const trip = await city.trip(here, passenger);
  expect(city.told(near, trip)).toEqual(['offer']);
  expect(city.told(far, trip)).toEqual([]);

  await city.answer(near, trip, 'accept');
  await city.settled();
  expect(city.told(near, trip)).toEqual(['offer', 'assigned']);
  for (const other of others) expect(city.told(other, trip)).toEqual(['offer', 'withdrawn']);
  expect(await city.read(trip)).toMatchObject({ state: 'assigned', driverId: near });

  await city.answer(near, trip, 'complete');
  await city.settled();
  expect(await city.read(trip)).toMatchObject({ state: 'completed', driverId: near });
  expect(city.told(passenger, trip)).toEqual(['assigned', 'completed']);
});

it('of two drivers who accept at once, one has the trip', async () => {
  const here = city.newTown();
  const drivers = await Promise.all([100, 200].map((metres) => city.driver(north(here, metres))));
  const trip = await city.trip(here, await city.passenger());
  await Promise.all(drivers.map((driver) => city.answer(driver, trip, 'accept')));
  await city.settled();
  const told = drivers.map((driver) => city.told(driver, trip));
  expect(told.toSorted()).toEqual([
    ['offer', 'assigned'],
    ['offer', 'withdrawn'],
  ]);
});

it('a driver who accepts two trips at once has one, and the other passenger gets another driver', async () => {
  const here = city.newTown();
  const wanted = await city.driver(north(here, 100));
  const trips = await Promise.all([1, 2].map(async () => city.trip(here, await city.passenger())));
  const spare = await city.driver(north(here, 1_500));
  await Promise.all(trips.map((trip) => city.answer(wanted, trip, 'accept')));
  await city.settled();
  const won = trips.filter((trip) => city.told(wanted, trip).includes('assigned'));
  expect(won).toHaveLength(1);
  const other = trips.find((trip) => !won.includes(trip)) ?? '';
  expect(city.told(spare, other)).toEqual(['offer']);
});

it('who does not answer is asked no more, others farther away are, and at last the passenger is told', async () => {
  const here = city.newTown();
  const [near, far] = await Promise.all([city.driver(north(here, 100)), city.driver(north(here, 2_300))]);
  const passenger = await city.passenger();
  const trip = await city.trip(here, passenger);
  await city.expire();
  await city.settled();
  expect(city.told(near, trip)).toEqual(['offer', 'withdrawn']);
  expect(city.told(far, trip)).toEqual(['offer']);

  // Too late: the offer was withdrawn.
  await city.answer(near, trip, 'accept');
  await city.answer(far, trip, 'decline');
  await city.settled();
  expect(city.told(passenger, trip)).toEqual(['asking-on', 'unserved']);
  expect(await city.read(trip)).toMatchObject({ state: 'unserved' });
});

it('who may not ride is told so, and no driver is asked', async () => {
  const here = city.newTown();
  const driver = await city.driver(here);
  const passenger = await city.passenger(true);
  const trip = await city.trip(here, passenger);
  expect(city.told(passenger, trip)).toEqual(['refused']);
  expect(city.told(driver, trip)).toEqual([]);
  expect(await city.read(trip)).toMatchObject({ state: 'refused' });
});

it('what comes twice, by phone or by queue, happens once', async () => {
  const here = city.newTown();
  const driver = await city.driver(here);
  const passenger = await city.passenger();
  const trip = await city.trip(here, passenger);
  await city.trip(here, passenger, trip);
  await Promise.all([city.answer(driver, trip, 'accept'), city.answer(driver, trip, 'accept')]);
  await city.settled();
  await city.repeatAll(trip);
  await city.settled();
  expect(city.told(driver, trip)).toEqual(['offer', 'assigned']);
  expect(city.told(passenger, trip)).toEqual(['assigned']);
  expect(await city.read(trip)).toMatchObject({ state: 'assigned', driverId: driver });
});

it('only services ask whether somebody may ride, and nobody answers for another driver', async () => {
  const [passenger, driver] = [await city.passenger(), await city.driver(city.newTown())];
  expect((await city.cloud.request('GET', `/passengers/${passenger}/permission`)).status).toBe(403);
  const authorization = `Bearer ${await city.cloud.issuer.token({ sub: passenger, scope: 'read write' })}`;
  const answer = { tripId: passenger, answer: 'accept' };
  const refused = await city.cloud.request('POST', `/drivers/${driver}/answers`, answer, { authorization });
  expect(refused.status).toBe(403);
});
