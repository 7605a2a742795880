import { type Ending, type Fact, isEnding } from './facts.ts';

export interface Verdict {
  trips: number;
  endings: Record<Ending, number>;
  /** Trips that were assigned to two drivers. */
  twoDrivers: string[];
  /** Drivers who got a trip before they had completed the previous one. */
  twoTrips: string[];
  /** Trips whose passengers were not notified of the end. */
  notNotified: string[];
  /** Trips whose passengers were notified of the end more than once. */
  notifiedTwice: string[];
}

/** Evaluates what people did and what their phones showed, not the services' data. */
export function verdictOf(facts: readonly Fact[]): Verdict {
  const trips = new Map<string, { passengerId: string; drivers: Set<string>; notifications: Ending[] }>();
  const driving = new Map<string, string>();
  const twoTrips = new Set<string>();
  for (const fact of facts) {
    if (fact.is === 'requested') trips.set(fact.tripId, { ...fact, drivers: new Set(), notifications: [] });
    if (fact.is === 'completes' && driving.get(fact.driverId) === fact.tripId) driving.delete(fact.driverId);
    if (fact.is !== 'shown') continue;
    const trip = trips.get(fact.tripId);
    if (!trip) continue;
    const isPassenger = fact.to === trip.passengerId;
    if (isPassenger && isEnding(fact.kind)) trip.notifications.push(fact.kind);
    if (isPassenger || fact.kind !== 'assigned') continue;
    trip.drivers.add(fact.to);
    if ((driving.get(fact.to) ?? fact.tripId) !== fact.tripId) twoTrips.add(fact.to);
    driving.set(fact.to, fact.tripId);
  }
  const idsOf = (isWrong: (trip: { drivers: Set<string>; notifications: Ending[] }) => boolean) =>
    [...trips].filter(([, trip]) => isWrong(trip)).map(([id]) => id);
  const ended = (ending: Ending) =>
    [...trips.values()].filter(({ notifications }) => notifications[0] === ending).length;
  return {
    trips: trips.size,
    endings: { completed: ended('completed'), unserved: ended('unserved'), refused: ended('refused') },
    twoDrivers: idsOf(({ drivers }) => drivers.size > 1),
    twoTrips: [...twoTrips],
    notNotified: idsOf(({ notifications }) => notifications.length === 0),
    notifiedTwice: idsOf(({ notifications }) => notifications.length > 1),
  };
}

/**
 * Whether at least one trip was completed and nothing went wrong.
 * @param unfinished a description of unfinished or parked work of the cloud; undefined if there is none
 */
export const isGood = (
  { endings, twoDrivers, twoTrips, notNotified, notifiedTwice }: Verdict,
  unfinished: string | undefined,
): boolean =>
  unfinished === undefined &&
  endings.completed > 0 &&
  [twoDrivers, twoTrips, notNotified, notifiedTwice].every(({ length }) => length === 0);

export const linesOf = ({ trips, endings, ...wrong }: Verdict, unfinished: string | undefined): string[] => [
  `${trips} trips: ${endings.completed} driven, ${endings.unserved} without a driver, ${endings.refused} refused`,
  `trips with two drivers: ${wrong.twoDrivers.length}`,
  `drivers with two trips at a time: ${wrong.twoTrips.length}`,
  `passengers not notified of the end: ${wrong.notNotified.length}; notified twice: ${wrong.notifiedTwice.length}`,
  `unfinished work: ${unfinished ?? 'none'}`,
];
