import { expect, it } from 'vitest';
import { cellOf, cellsAround, metresBetween, RINGS } from '../functions/dispatch/geo.ts';

const madrid = { lat: 40.4168, lng: -3.7038 };
const DEGREE = 111_195;

it('computes distances', () => {
  expect(metresBetween(madrid, { ...madrid, lat: madrid.lat + 1 })).toBeCloseTo(DEGREE, -2);
});

it('searches 7, 19 and 61 cells around the place', () => {
  expect(RINGS.map((rings) => cellsAround(madrid, rings).length)).toEqual([7, 19, 61]);
  expect(cellsAround(madrid, 1)).toContain(cellOf(madrid));
});

it.each([
  [1, 500],
  [2, 1_100],
  [4, 2_400],
])('with %i rings, finds every driver within %i metres, wherever the place is in its cell', (rings, metres) => {
  for (let step = 0; step < 720; step++) {
    // The places are spread over several cells. `other` is `metres` away from `place`, in various directions.
    const place = { lat: madrid.lat + (step % 27) / 2_000, lng: madrid.lng + (step % 31) / 2_000 };
    const angle = (step * Math.PI) / 36;
    const other = {
      lat: place.lat + (Math.sin(angle) * metres) / DEGREE,
      lng: place.lng + (Math.cos(angle) * metres) / DEGREE / Math.cos((place.lat * Math.PI) / 180),
    };
    expect(cellsAround(place, rings)).toContain(cellOf(other));
  }
});
