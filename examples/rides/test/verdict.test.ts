import { describe, expect, it } from 'vitest';
import type { Fact } from '../demo/facts.ts';
import { isGood, verdictOf } from '../demo/verdict.ts';

const place = { lat: 0, lng: 0 };
const requested = (tripId: string): Fact => ({
  is: 'requested',
  tripId,
  passengerId: `of ${tripId}`,
  from: place,
  to: place,
});
const shown = (to: string, tripId: string, kind: 'offer' | 'assigned' | 'completed' | 'unserved'): Fact => ({
  ...{ is: 'shown', to, tripId, kind },
});
const notified = (tripId: string, kind: 'completed' | 'unserved') => shown(`of ${tripId}`, tripId, kind);
const completes = (driverId: string, tripId: string): Fact => ({ is: 'completes', driverId, tripId });
const driven = (driver: string, trip: string) => [
  ...[
    shown(driver, trip, 'offer'),
    shown(driver, trip, 'assigned'),
    completes(driver, trip),
    notified(trip, 'completed'),
  ],
];

describe('a verdict', () => {
  it('is good if every trip had at most one driver, every passenger was notified, and no work is left', () => {
    const verdict = verdictOf([
      ...[
        requested('a'),
        requested('b'),
        requested('c'),
        ...driven('ann', 'a'),
        ...driven('ann', 'b'),
        notified('c', 'unserved'),
      ],
    ]);
    expect(verdict).toMatchObject({ trips: 3, endings: { completed: 2, unserved: 1, refused: 0 } });
    expect(isGood(verdict, undefined)).toBe(true);
    expect(isGood(verdict, 'a message is parked')).toBe(false);
  });

  it.each<[string, Fact[], object]>([
    [
      'trips without a driver',
      [notified('a', 'unserved'), notified('b', 'unserved')],
      { endings: { completed: 0, unserved: 2, refused: 0 } },
    ],
    ['a trip with two drivers', [...driven('ann', 'a'), shown('ben', 'a', 'assigned')], { twoDrivers: ['a'] }],
    [
      'a driver with two trips at a time',
      [shown('ann', 'b', 'assigned'), ...driven('ann', 'a'), completes('ann', 'b'), notified('b', 'completed')],
      { twoTrips: ['ann'] },
    ],
    ['a passenger who was not notified', [shown('ann', 'a', 'assigned')], { notNotified: ['a', 'b'] }],
    [
      'a passenger who was notified twice',
      [...driven('ann', 'a'), notified('a', 'unserved')],
      { notifiedTwice: ['a'] },
    ],
  ])('is bad for %s', (_, facts, wrong) => {
    const verdict = verdictOf([requested('a'), requested('b'), ...facts]);
    expect(verdict).toMatchObject(wrong);
    expect(isGood(verdict, undefined)).toBe(false);
  });
});
