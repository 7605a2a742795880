import { greatCircleDistance, gridDisk, latLngToCell, UNITS } from 'h3-js';
import type { Place } from '../../shared/place.ts';

/** Hexagons of 0.74 km² on average, with edges of 530 m (https://h3geo.org/docs/core-library/restable). */
const RESOLUTION = 8;

/**
 * The number of rings around the passenger's cell that each round searches. The rounds search 7, 19 and 61 cells. In
 * the demo's town, these cells include every driver within 0.5, 1.3 and 2.9 km. Elsewhere, the cells have other sizes.
 */
export const RINGS = [1, 2, 4] as const;

export const cellOf = ({ lat, lng }: Place): string => latLngToCell(lat, lng, RESOLUTION);

/** The cell of a place, and the cells in the rings around it. */
export const cellsAround = (place: Place, rings: number): string[] => gridDisk(cellOf(place), rings);

/** Great-circle distance, rounded. */
export const metresBetween = (one: Place, other: Place): number =>
  Math.round(greatCircleDistance([one.lat, one.lng], [other.lat, other.lng], UNITS.m));
