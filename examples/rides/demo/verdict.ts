import { type Ending, type Fact, isEnding } from './facts.ts';

export interface Verdict {
  trips: number;
  endings: Record<Ending, number>;
  /** Trips that were assigned to two drivers. */
  twoDrivers: string[];
  /** Drivers who got a trip before they had completed another. */
  twoTrips: string[];
  /** Trips whose passengers were not told how they ended, or more than once. */
  untold: string[];
  toldTwice: string[];
}

/** Evaluates the messages on people's phones, not the services' own data. */
export function verdictOf(facts: readonly Fact[]): Verdict {
  const trips = new Map<string, { passengerId: string; drivers: Set<string>; told: Ending[] }>();
  const driving = new Map<string, string>();
  const twoTrips = new Set<string>();
  for (const fact of facts) {
    if (fact.is === 'asked') trips.set(fact.tripId, { ...fact, drivers: new Set(), told: [] });
    if (fact.is === 'completes' && driving.get(fact.driverId) === fact.tripId) driving.delete(fact.driverId);
    if (fact.is !== 'shown') continue;
    const trip = trips.get(fact.tripId);
    if (!trip) continue;
    const isPassenger = fact.to === trip.passengerId;
    if (isPassenger && isEnding(fact.says)) trip.told.push(fact.says);
    if (isPassenger || fact.says !== 'assigned') continue;
    trip.drivers.add(fact.to);
    if ((driving.get(fact.to) ?? fact.tripId) !== fact.tripId) twoTrips.add(fact.to);
    driving.set(fact.to, fact.tripId);
  }
  const idsOf = (isWrong: (trip: { drivers: Set<string>; told: Ending[] }) => boolean) =>
    [...trips].filter(([, trip]) => isWrong(trip)).map(([id]) => id);
  const ended = (ending: Ending) => [...trips.values()].filter(({ told }) => told[0] === ending).length;
  return {
    trips: trips.size,
    endings: { completed: ended('completed'), unserved: ended('unserved'), refused: ended('refused') },
    twoDrivers: idsOf(({ drivers }) => drivers.size > 1),
    twoTrips: [...twoTrips],
    untold: idsOf(({ told }) => told.length === 0),
    toldTwice: idsOf(({ told }) => told.length > 1),
  };
}

/**
 * Whether some trips were driven, and nothing went wrong.
 * @param left unfinished or parked work of the cloud
 */
export const isGood = (
  { endings, twoDrivers, twoTrips, untold, toldTwice }: Verdict,
  left: string | undefined,
): boolean =>
  left === undefined &&
  endings.completed > 0 &&
  [twoDrivers, twoTrips, untold, toldTwice].every(({ length }) => length === 0);

export const linesOf = ({ trips, endings, ...wrong }: Verdict, left: string | undefined): string[] => [
  `${trips} trips: ${endings.completed} driven, ${endings.unserved} without a driver, ${endings.refused} refused`,
  `trips with two drivers: ${wrong.twoDrivers.length}`,
  `drivers with two trips at a time: ${wrong.twoTrips.length}`,
  `passengers who were not told how it ended: ${wrong.untold.length}; twice: ${wrong.toldTwice.length}`,
  `left over: ${left ?? 'nothing'}`,
];
