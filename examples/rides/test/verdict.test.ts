import { describe, expect, it } from 'vitest';
import type { Fact } from '../demo/facts.ts';
import { isGood, verdictOf } from '../demo/verdict.ts';

const place = { lat: 0, lng: 0 };
const asked = (tripId: string): Fact => ({ is: 'asked', tripId, passengerId: `of ${tripId}`, from: place, to: place });
const shown = (to: string, tripId: string, says: 'offer' | 'assigned' | 'completed' | 'unserved'): Fact => ({
  ...{ is: 'shown', to, tripId, says },
});
const told = (tripId: string, says: 'completed' | 'unserved') => shown(`of ${tripId}`, tripId, says);
const completes = (driverId: string, tripId: string): Fact => ({ is: 'completes', driverId, tripId });
const driven = (driver: string, trip: string) => [
  ...[shown(driver, trip, 'offer'), shown(driver, trip, 'assigned'), completes(driver, trip), told(trip, 'completed')],
];

describe('a verdict', () => {
  it('is good if every trip had one driver or none, and its passenger was told', () => {
    const verdict = verdictOf([
      ...[asked('a'), asked('b'), asked('c'), ...driven('ann', 'a'), ...driven('ann', 'b'), told('c', 'unserved')],
    ]);
    expect(verdict).toMatchObject({ trips: 3, endings: { completed: 2, unserved: 1, refused: 0 } });
    expect(isGood(verdict, undefined)).toBe(true);
    expect(isGood(verdict, 'a message is parked')).toBe(false);
  });

  it.each<[string, Fact[], object]>([
    [
      'trips of which none is driven',
      [told('a', 'unserved'), told('b', 'unserved')],
      { endings: { completed: 0, unserved: 2, refused: 0 } },
    ],
    ['a trip with two drivers', [...driven('ann', 'a'), shown('ben', 'a', 'assigned')], { twoDrivers: ['a'] }],
    [
      'a driver with two trips at a time',
      [shown('ann', 'b', 'assigned'), ...driven('ann', 'a'), completes('ann', 'b'), told('b', 'completed')],
      { twoTrips: ['ann'] },
    ],
    ['a passenger who was not told', [shown('ann', 'a', 'assigned')], { untold: ['a', 'b'] }],
    ['a passenger who was told twice', [...driven('ann', 'a'), told('a', 'unserved')], { toldTwice: ['a'] }],
  ])('is bad of %s', (_, facts, wrong) => {
    const verdict = verdictOf([asked('a'), asked('b'), ...facts]);
    expect(verdict).toMatchObject(wrong);
    expect(isGood(verdict, undefined)).toBe(false);
  });
});
