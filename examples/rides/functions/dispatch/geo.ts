import { greatCircleDistance, gridDisk, latLngToCell, UNITS } from 'h3-js';
import type { Place } from '../../shared/place.ts';

/** Hexagons of 0.74 km² on average, whose edges have 530 m (https://h3geo.org/docs/core-library/restable). */
const RESOLUTION = 8;

/** How many rings of cells around a passenger's are searched, round by round: 7, 19 and 61 cells, at least 0.8, 1.7 and 3.5 km around. */
export const RINGS = [1, 2, 4] as const;

export const cellOf = ({ lat, lng }: Place): string => latLngToCell(lat, lng, RESOLUTION);

/** The cell of a place, and those of the rings around it. */
export const cellsAround = (place: Place, rings: number): string[] => gridDisk(cellOf(place), rings);

/** Along a great circle, rounded. */
export const metresBetween = (one: Place, other: Place): number =>
  Math.round(greatCircleDistance([one.lat, one.lng], [other.lat, other.lng], UNITS.m));
