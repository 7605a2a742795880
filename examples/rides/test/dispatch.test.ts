import { describe, expect, it } from 'vitest';
import { accept, begin, complete, type Dispatch, decline, expire, type Next } from '../functions/dispatch/dispatch.ts';

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const [ann, ben, cleo] = [id(1), id(2), id(3)];
const trip = { tripId: id(10), passengerId: id(11), from: { lat: 1, lng: 2 }, to: { lat: 1, lng: 3 } };
const until = new Date('2030-01-01T00:00:20Z');
const next = (round: number, ...drivers: [string, ...string[]]) =>
  ({ round, drivers: drivers.map((driverId) => ({ driverId, metres: 5 })), until }) as unknown as Next;

type Decided = ReturnType<typeof accept>;
const typesOf = (decision: Decided) => decision?.events.map(({ contract }) => contract.type.split('.')[2]);
const after = (decision: Decided, version = 1) => ({ ...decision?.state, version }) as Dispatch;
const offeredTo = (...drivers: [string, ...string[]]) => after(begin(trip, next(0, ...drivers)));

describe('a trip', () => {
  it('is offered to nearby drivers, or ends if there are none', () => {
    expect(begin(trip, next(0, ann, ben))).toMatchObject({ state: { state: 'offered', open: [ann, ben] } });
    expect(typesOf(begin(trip, undefined))).toEqual(['unserved']);
  });

  it('is assigned to the first driver who accepts, and all other offers end', () => {
    const won = accept(offeredTo(ann, ben), ben);
    expect(won?.events[0].data).toMatchObject({ driverId: ben, withdrawn: [ann] });
    expect(accept(after(won), ann)).toBeUndefined();
    expect(accept(after(won), ben)).toBeUndefined();
  });

  it('is not assigned to a driver without an offer', () => {
    expect(accept(offeredTo(ann), cleo)).toBeUndefined();
  });

  it('is offered to other drivers when the last driver declines, and to each driver at most once', () => {
    const one = decline(offeredTo(ann, ben), ann, undefined);
    expect(typesOf(one)).toEqual(['declined']);
    expect(decline(after(one), ann, undefined)).toBeUndefined();
    const last = decline(after(one), ben, next(1, cleo));
    expect(typesOf(last)).toEqual(['declined', 'offered']);
    expect(last?.state).toMatchObject({ round: 1, open: [cleo], asked: [ann, ben, cleo] });
    expect(typesOf(decline(after(last), cleo, undefined))).toEqual(['declined', 'unserved']);
  });

  it('is offered to other drivers when the offers expire', () => {
    const nextRound = expire(offeredTo(ann), 0, next(1, ben));
    expect(nextRound?.events[0].data).toMatchObject({ round: 1, withdrawn: [ann] });
    expect(typesOf(expire(offeredTo(ann), 0, undefined))).toEqual(['unserved']);
  });

  it('schedules a message for the end of a round', () => {
    const expiry = { data: { tripId: trip.tripId, round: 1 }, later: { at: until, name: 'offers' } };
    expect(expire(offeredTo(ann), 0, next(1, ben))?.send).toMatchObject([expiry]);
  });

  it('ignores the end of an earlier round, and the end of a round after a driver accepted', () => {
    const secondRound = after(expire(offeredTo(ann), 0, next(1, ben)));
    expect(expire(secondRound, 0, next(2, cleo))).toBeUndefined();
    expect(expire(after(accept(offeredTo(ann), ann)), 0, next(1, ben))).toBeUndefined();
  });

  it('is completed by its driver, once', () => {
    const driven = after(accept(offeredTo(ann, ben), ann));
    expect(complete(driven, ben)).toBeUndefined();
    expect(complete(offeredTo(ann), ann)).toBeUndefined();
    const done = complete(driven, ann);
    expect(typesOf(done)).toEqual(['completed']);
    expect(complete(after(done), ann)).toBeUndefined();
  });
});
