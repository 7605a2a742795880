import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDrivers } from '../functions/dispatch/drivers.ts';
import { type City, north, openCity } from './city.ts';

let city: City;
beforeAll(async () => {
  city = await openCity();
});
afterAll(() => city.cloud.stop());

it('a trip is offered to the nearest drivers, accepted by one, and completed', async () => {
  const here = city.newTown();
  const driverAt = (metres: number) => city.driver(north(here, metres));
  const [far, near] = [await driverAt(900), await driverAt(100)];
  const others = [await driverAt(300), await driverAt(500)];
  const passenger = await city.passenger();
  const trip = await city.trip(here, passenger);
  expect(city.notifications(near, trip)).toEqual(['offer']);
  expect(city.notifications(far, trip)).toEqual([]);

  await city.answer(near, trip, 'accept');
  await city.settled();
  expect(city.notifications(near, trip)).toEqual(['offer', 'assigned']);
  for (const other of others) expect(city.notifications(other, trip)).toEqual(['offer', 'withdrawn']);
  expect(await city.read(trip)).toMatchObject({ state: 'assigned', driverId: near });

  await city.answer(near, trip, 'complete');
  await city.settled();
  expect(await city.read(trip)).toMatchObject({ state: 'completed', driverId: near });
  expect(city.notifications(passenger, trip)).toEqual(['assigned', 'completed']);
});

it('a driver with a trip gets no offers until the trip is completed', async () => {
  const here = city.newTown();
  const driver = await city.driver(here);
  const rides = async () => city.trip(here, await city.passenger());
  const first = await rides();
  await city.answer(driver, first, 'accept');
  await city.settled();
  expect(city.notifications(driver, await rides())).toEqual([]);

  await city.answer(driver, first, 'complete');
  await city.settled();
  expect(city.notifications(driver, await rides())).toEqual(['offer']);
});

it('a driver who reported no position for five minutes gets no offers', async () => {
  const here = city.newTown();
  const driver = await city.driver(here);
  const drivers = createDrivers({ client: city.cloud.dynamodb, tableName: 'rides-dev-dispatch-drivers' });
  const nearIn = (minutes: number) => drivers.near(here, 1, new Date(Date.now() + minutes * 60_000));
  expect(await nearIn(4)).toEqual([{ driverId: driver, metres: 0 }]);
  expect(await nearIn(5)).toEqual([]);
});

it('if two drivers accept at once, one of them gets the trip', async () => {
  const here = city.newTown();
  const drivers = await Promise.all([100, 200].map((metres) => city.driver(north(here, metres))));
  const trip = await city.trip(here, await city.passenger());
  await Promise.all(drivers.map((driver) => city.answer(driver, trip, 'accept')));
  await city.settled();
  const notifications = drivers.map((driver) => city.notifications(driver, trip));
  expect(notifications.toSorted()).toEqual([
    ['offer', 'assigned'],
    ['offer', 'withdrawn'],
  ]);
});

it('a driver who accepts two trips at once gets one of them, and the other is offered to another driver', async () => {
  const here = city.newTown();
  const wanted = await city.driver(north(here, 100));
  const trips = await Promise.all([1, 2].map(async () => city.trip(here, await city.passenger())));
  const spare = await city.driver(north(here, 1_500));
  await Promise.all(trips.map((trip) => city.answer(wanted, trip, 'accept')));
  await city.settled();
  const won = trips.filter((trip) => city.notifications(wanted, trip).includes('assigned'));
  expect(won).toHaveLength(1);
  const other = trips.find((trip) => !won.includes(trip)) ?? '';
  expect(city.notifications(spare, other)).toEqual(['offer']);
});

it('if a driver does not answer, drivers farther away get offers, and finally the passenger is notified', async () => {
  const here = city.newTown();
  const [near, far] = await Promise.all([city.driver(north(here, 100)), city.driver(north(here, 2_300))]);
  const passenger = await city.passenger();
  const trip = await city.trip(here, passenger);
  await city.expire(trip);
  await city.settled();
  expect(city.notifications(near, trip)).toEqual(['offer', 'withdrawn']);
  expect(city.notifications(far, trip)).toEqual(['offer']);

  // Too late: the offer was withdrawn.
  await city.answer(near, trip, 'accept');
  await city.answer(far, trip, 'decline');
  await city.settled();
  expect(city.notifications(passenger, trip)).toEqual(['still-searching', 'unserved']);
  expect(await city.read(trip)).toMatchObject({ state: 'unserved' });
});

it('a passenger who may not ride is notified, and no driver gets an offer', async () => {
  const here = city.newTown();
  const driver = await city.driver(here);
  const passenger = await city.passenger(true);
  const trip = await city.trip(here, passenger);
  expect(city.notifications(passenger, trip)).toEqual(['refused']);
  expect(city.notifications(driver, trip)).toEqual([]);
  expect(await city.read(trip)).toMatchObject({ state: 'refused' });
});

it('a request or message that arrives twice takes effect once', async () => {
  const here = city.newTown();
  const driver = await city.driver(here);
  const passenger = await city.passenger();
  const trip = await city.trip(here, passenger);
  await city.trip(here, passenger, trip);
  await Promise.all([city.answer(driver, trip, 'accept'), city.answer(driver, trip, 'accept')]);
  await city.settled();
  expect(city.sent('trip-requests', trip)).toBe(1);
  expect(city.sent('dispatch-answers', trip)).toBe(1);
  await city.repeatAll(trip);
  await city.settled();
  expect(city.notifications(driver, trip)).toEqual(['offer', 'assigned']);
  expect(city.notifications(passenger, trip)).toEqual(['assigned']);
  expect(await city.read(trip)).toMatchObject({ state: 'assigned', driverId: driver });
});

it('only services may call the route that returns whether a passenger may ride', async () => {
  const path = `/passengers/${await city.passenger()}/permission`;
  expect((await city.cloud.request('GET', path)).status).toBe(403);
});

it('users act and read only for themselves, and only an operator registers passengers', async () => {
  const here = city.newTown();
  const [ann, ben] = [await city.passenger(), await city.passenger()];
  const driver = await city.driver(here);
  const trip = await city.trip(here, ann);
  const tripRequest = { passengerId: ann, from: here, to: here };
  const answer = { tripId: trip, answer: 'decline' };
  const requests = (who: string): Array<[number, string, string, object?]> => [
    [202, 'PUT', `/trips/${trip}`, tripRequest],
    [200, 'GET', `/trips/${trip}`],
    [202, 'POST', `/drivers/${who}/answers`, answer],
    [204, 'PUT', `/drivers/${who}/position`, here],
  ];
  for (const [status, ...request] of requests(ann)) expect(await city.statusFor(ann, ...request)).toBe(status);
  for (const [, ...request] of requests(driver)) expect(await city.statusFor(ben, ...request)).toBe(403);
  expect(await city.statusFor(ann, 'PUT', `/passengers/${ann}`, { name: 'Ann' })).toBe(403);
});

it('a trip with an ID that another passenger has used is refused', async () => {
  const here = city.newTown();
  const trip = await city.trip(here, await city.passenger());
  await expect(city.trip(here, await city.passenger(), trip)).rejects.toThrow('409');
});
