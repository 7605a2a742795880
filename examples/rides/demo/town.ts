import type { Place } from '../shared/place.ts';

export interface Town {
  /** The south-west corner. */
  from: Place;
  /** The north-east corner. */
  to: Place;
}

const METRES_A_DEGREE = 111_195;
const DRIVERS_A_SQUARE_KM = 3;
const SOUTH_WEST: Place = { lat: 40.38, lng: -3.75 };

/** A square whose size depends on the number of drivers: 8 by 8 km for 200. */
export function townFor(drivers: number): Town {
  const degrees = (1_000 * Math.sqrt(drivers / DRIVERS_A_SQUARE_KM)) / METRES_A_DEGREE;
  const { lat, lng } = SOUTH_WEST;
  return {
    from: SOUTH_WEST,
    to: { lat: lat + degrees, lng: lng + degrees / Math.cos((lat * Math.PI) / 180) },
  };
}

/** Generates random numbers with Mulberry32. The same seed gives the same numbers. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const somewhere = ({ from, to }: Town, random: () => number): Place => ({
  lat: from.lat + random() * (to.lat - from.lat),
  lng: from.lng + random() * (to.lng - from.lng),
});

/** A point between two places. @param part share of the distance from the first place */
export const between = (one: Place, other: Place, part: number): Place => ({
  lat: one.lat + (other.lat - one.lat) * part,
  lng: one.lng + (other.lng - one.lng) * part,
});
