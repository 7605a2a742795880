import { setTimeout as delay } from 'node:timers/promises';
import type { ShownPush } from '../beside/push-provider.ts';
import type { Place } from '../shared/place.ts';
import type { Call } from './api.ts';
import type { Facts } from './facts.ts';
import { between, somewhere, type Town } from './town.ts';

export interface DriverOptions {
  id: string;
  call: Call;
  facts: Facts;
  town: Town;
  random: () => number;
  /**
   * Duration of a ride in seconds, including the way to the passenger. A driver takes up to a tenth of this time to
   * answer an offer.
   */
  rideSeconds: number;
}

const STEPS = 10;
/** Share of declined offers. */
const DECLINED = 0.15;
/** Share of offers without an answer. */
const UNANSWERED = 0.15;

/** A simulated driver with a phone. */
export function createDriver({ id, call, facts, town, random, rideSeconds }: DriverOptions) {
  let at = somewhere(town, random);
  let destination = somewhere(town, random);
  facts.add({ is: 'moved', driverId: id, at });
  let isDriving = false;
  const offers = new Map<string, { from: Place; to: Place }>();

  const answer = (tripId: string, kind: string) => call('POST', `/drivers/${id}/answers`, { tripId, answer: kind });
  const report = () => call('PUT', `/drivers/${id}/position`, at);

  function move(to: Place): void {
    at = to;
    facts.add({ is: 'moved', driverId: id, at });
  }

  /** Answers or ignores an offer, even during a ride. Dispatch must therefore prevent two trips at a time. */
  async function consider({ tripId, about }: ShownPush): Promise<void> {
    offers.set(tripId, about as { from: Place; to: Place });
    const dice = random();
    if (dice < UNANSWERED) return;
    await delay(random() * rideSeconds * 100);
    await answer(tripId, dice < UNANSWERED + DECLINED ? 'decline' : 'accept');
  }

  async function drive({ tripId }: ShownPush): Promise<void> {
    const { from, to } = offers.get(tripId) ?? { from: at, to: at };
    isDriving = true;
    for (const [start, end] of [
      [at, from],
      [from, to],
    ] as const)
      for (let step = 1; step <= STEPS; step++) {
        await delay((rideSeconds * 1_000) / (2 * STEPS));
        move(between(start, end, step / STEPS));
      }
    await report();
    isDriving = false;
    facts.add({ is: 'completes', driverId: id, tripId });
    await answer(tripId, 'complete');
  }

  return {
    id,
    report,
    /** Reacts to a notification. */
    async react(push: ShownPush): Promise<void> {
      if (push.kind === 'offer') await consider(push);
      if (push.kind === 'assigned') await drive(push);
    },
    /** Moves the driver towards a random place, unless the driver has a trip. */
    wander(): void {
      if (isDriving) return;
      if (random() < 0.1) destination = somewhere(town, random);
      move(between(at, destination, 0.05));
    },
  };
}
