import type { Place } from '../shared/place.ts';
import { type Ending, type Facts, isEnding } from './facts.ts';

interface ShownTrip {
  from: Place;
  to: Place;
  passengerId: string;
  driverId?: string;
}

/** Creates a function that returns the content of the map: counts, drivers, trips in progress, and valid offers. */
export function createView(facts: Facts) {
  const drivers = new Map<string, { at: Place; tripId?: string }>();
  const trips = new Map<string, ShownTrip>();
  const offers = new Map<string, { tripId: string; driverId: string }>();
  const counts: Record<'requested' | Ending, number> = { requested: 0, completed: 0, unserved: 0, refused: 0 };

  facts.listen((fact) => {
    if (fact.is === 'moved') drivers.set(fact.driverId, { ...drivers.get(fact.driverId), at: fact.at });
    if (fact.is === 'completes') delete drivers.get(fact.driverId)?.tripId;
    if (fact.is === 'requested') {
      counts.requested++;
      trips.set(fact.tripId, fact);
    }
    if (fact.is !== 'shown') return;
    const { to, tripId, kind } = fact;
    const trip = trips.get(tripId);
    if (trip?.passengerId === to) {
      if (!isEnding(kind)) return;
      counts[kind]++;
      trips.delete(tripId);
    } else if (kind === 'offer') offers.set(`${tripId} ${to}`, { tripId, driverId: to });
    else {
      offers.delete(`${tripId} ${to}`);
      const driver = drivers.get(to);
      if (kind !== 'assigned' || !driver) return;
      driver.tripId = tripId;
      if (trip) trip.driverId = to;
    }
  });

  return () => ({
    counts,
    drivers: [...drivers].map(([id, driver]) => ({ id, ...driver })),
    trips: [...trips].map(([id, { from, to, driverId }]) => ({ id, from, to, driverId })),
    offers: [...offers.values()],
  });
}
