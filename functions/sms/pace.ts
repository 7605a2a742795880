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
  slot: PromiseWithResolvers<number>;
}

/** DynamoDB's limit on the number of writes a second to one item. */
const WRITES_A_SECOND = 1_000;

/**
 * Creates a `Pace`. Concurrent SMS reserve their slots with one write. Above 1,000 SMS a second, a write also reserves
 * slots in advance.
 */
export function createPace({ buckets, perMinute, now }: PaceOptions): Pace {
  // A burst has as many SMS as the rate allows in one second.
  const rate = { perMinute, burst: Math.max(1, Math.floor(perMinute / 60)) };
  const burstMs = (rate.burst * 60_000) / perMinute;
  const minSlots = Math.ceil(rate.burst / WRITES_A_SECOND);
  const waiting = new Map<string, Waiting[]>();
  /**
   * The times of slots that were reserved in advance, by provider. A slot is usable from its time on, for `burstMs`.
   */
  const reserved = new Map<string, number[]>();

  async function serve(name: string): Promise<void> {
    await new Promise(setImmediate);
    const group = waiting.get(name) ?? [];
    waiting.delete(name);
    try {
      const at = now().getTime();
      const usable = (reserved.get(name) ?? []).filter((from) => from + burstMs >= at);
      const patienceMs = Math.min(...group.map((one) => one.patienceMs));
      const missing = group.length - usable.length;
      const { waits, nextMs } =
        missing > 0
          ? await buckets.takeMany(`pace#${name}`, rate, Math.max(missing, minSlots), patienceMs)
          : { waits: [], nextMs: 0 };
      const slotTimes = [...usable, ...waits.map((ms) => at + ms)];
      for (const { slot } of group) {
        const from = slotTimes.shift();
        if (from !== undefined) slot.resolve(Math.max(0, from - at));
        else slot.reject(new PacedError(`${name} accepts ${perMinute} SMS a minute (setting sms.perMinute)`, nextMs));
      }
      reserved.set(name, slotTimes);
    } catch (error) {
      for (const { slot } of group) slot.reject(error);
    }
  }

  return (name, patienceMs) => {
    const slot = Promise.withResolvers<number>();
    const others = waiting.get(name);
    if (others) others.push({ patienceMs, slot });
    else {
      waiting.set(name, [{ patienceMs, slot }]);
      void serve(name);
    }
    return slot.promise;
  };
}
