import { type createTokenBuckets, PacedError } from '@rollcall/kit/resilience';

export interface PaceOptions {
  buckets: Pick<ReturnType<typeof createTokenBuckets>, 'takeMany'>;
  /** SMS per minute and provider, over all instances. */
  perMinute: number;
  now: () => Date;
}

/**
 * Reserves a slot for an SMS at a provider.
 * @returns the milliseconds until the slot
 * @throws {PacedError} if no slot is free within `patienceMs`
 */
export type Pace = (name: string, patienceMs: number) => Promise<number>;

interface Waiting {
  patienceMs: number;
  turn: PromiseWithResolvers<number>;
}

/** DynamoDB's limit on writes to one item per second. */
const WRITES_A_SECOND = 1_000;

/** Concurrent SMS reserve their slots with one write. Above 1,000 SMS a second, a write also reserves slots in advance. */
export function createPace({ buckets, perMinute, now }: PaceOptions): Pace {
  // A burst has as many SMS as the rate allows in one second.
  const rate = { perMinute, burst: Math.max(1, Math.floor(perMinute / 60)) };
  const burstMs = (rate.burst * 60_000) / perMinute;
  const minSlots = Math.ceil(rate.burst / WRITES_A_SECOND);
  const waiting = new Map<string, Waiting[]>();
  /** The times of slots reserved in advance. A slot is usable from its time on, for `burstMs`. */
  const ahead = new Map<string, number[]>();

  async function serve(name: string): Promise<void> {
    await new Promise(setImmediate);
    const all = waiting.get(name) ?? [];
    waiting.delete(name);
    try {
      const at = now().getTime();
      const kept = (ahead.get(name) ?? []).filter((from) => from + burstMs >= at);
      const patienceMs = Math.min(...all.map((one) => one.patienceMs));
      const missing = all.length - kept.length;
      const { waits, nextMs } =
        missing > 0
          ? await buckets.takeMany(`pace#${name}`, rate, Math.max(missing, minSlots), patienceMs)
          : { waits: [], nextMs: 0 };
      const turns = [...kept, ...waits.map((ms) => at + ms)];
      for (const { turn } of all) {
        const from = turns.shift();
        if (from !== undefined) turn.resolve(Math.max(0, from - at));
        else turn.reject(new PacedError(`${name} accepts ${perMinute} SMS a minute (setting sms.perMinute)`, nextMs));
      }
      ahead.set(name, turns);
    } catch (error) {
      for (const { turn } of all) turn.reject(error);
    }
  }

  return (name, patienceMs) => {
    const turn = Promise.withResolvers<number>();
    const others = waiting.get(name);
    if (others) others.push({ patienceMs, turn });
    else {
      waiting.set(name, [{ patienceMs, turn }]);
      void serve(name);
    }
    return turn.promise;
  };
}
