import type { Trip } from '../../shared/place.ts';
import type { Dispatch, Next } from './dispatch.ts';
import type { Drivers } from './drivers.ts';
import { RINGS } from './geo.ts';

/** Number of drivers who get an offer at the same time. */
const OFFERS_AT_ONCE = 3;

export interface SearchOptions {
  drivers: Pick<Drivers, 'near'>;
  /** How long an offer is valid. */
  OFFER_SECONDS: number;
}

/** Finds the nearest drivers without an earlier offer. Each round searches farther away. */
export function createSearch({ drivers, OFFER_SECONDS }: SearchOptions) {
  async function search({ from }: Trip, asked: readonly string[], firstRound: number, now: Date): Promise<Next> {
    for (const [round, rings] of RINGS.entries()) {
      if (round < firstRound) continue;
      const near = (await drivers.near(from, rings, now)).filter(({ driverId }) => !asked.includes(driverId));
      const [first, ...others] = near.slice(0, OFFERS_AT_ONCE);
      const until = new Date(now.getTime() + 1_000 * OFFER_SECONDS);
      if (first) return { round, drivers: [first, ...others], until };
    }
    return undefined;
  }

  return {
    first: (trip: Trip, now: Date) => search(trip, [], 0, now),
    /** The first later round that finds drivers; undefined if there is none. */
    next: async (before: Dispatch, now: Date): Promise<Next> =>
      before.state === 'offered' ? search(before, before.asked, before.round + 1, now) : undefined,
  };
}
