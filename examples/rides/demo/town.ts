import type { Place } from '../shared/place.ts';

/** A town of some 8 by 8 km. */
const SOUTH_WEST: Place = { lat: 40.38, lng: -3.75 };
const NORTH_EAST: Place = { lat: 40.452, lng: -3.656 };
export const TOWN = { from: SOUTH_WEST, to: NORTH_EAST };

/** Mulberry32: the same numbers for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const somewhere = (random: () => number): Place => ({
  lat: SOUTH_WEST.lat + random() * (NORTH_EAST.lat - SOUTH_WEST.lat),
  lng: SOUTH_WEST.lng + random() * (NORTH_EAST.lng - SOUTH_WEST.lng),
});

/** A part of the way from one place to another. */
export const between = (one: Place, other: Place, part: number): Place => ({
  lat: one.lat + (other.lat - one.lat) * part,
  lng: one.lng + (other.lng - one.lng) * part,
});
