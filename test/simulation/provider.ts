import type { Instance, Scheduler } from '@rollcall/kit/internal/testing/simulation/scheduler';
import type { SendText } from '../../functions/sms/texting.ts';
import type { History } from './history.ts';

/** A lease lasts 15 seconds. Acquiring it may take 5 of them, and clocks may be wrong by two seconds in each direction. */
const LEASE_HOLDS_MS = 6_000;

/** The SMS provider. It deduplicates by key. */
export class Provider {
  readonly #scheduler: Scheduler;
  readonly #history: Pick<History, 'texts' | 'concurrentSms'>;
  /** Calls in progress. */
  readonly #calls = new Set<{ key: string; by: Instance; since: number }>();

  constructor(scheduler: Scheduler, history: Pick<History, 'texts' | 'concurrentSms'>) {
    this.#scheduler = scheduler;
    this.#history = history;
  }

  sendTextOf(instance: Instance): SendText {
    return async ({ idempotencyKey }) => {
      const { now } = this.#scheduler;
      const atWork = [...this.#calls].filter(({ key, by, since }) => {
        const holdsLease = by.alive && now - since < LEASE_HOLDS_MS;
        return key === idempotencyKey && (by === instance || holdsLease);
      });
      const { texts, concurrentSms } = this.#history;
      if (atWork.length > 0) concurrentSms.push(idempotencyKey);
      const own = { key: idempotencyKey, by: instance, since: now };
      this.#calls.add(own);
      try {
        await this.#scheduler.call(instance, `sends the SMS ${idempotencyKey}`, () => {
          texts.set(idempotencyKey, (texts.get(idempotencyKey) ?? 0) + 1);
        });
        return 'accepted';
      } finally {
        this.#calls.delete(own);
      }
    };
  }
}
