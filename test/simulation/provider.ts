import type { Instance, Scheduler } from '@rollcall/kit/internal/testing/simulation/scheduler';
import type { SendText } from '../../functions/sms/texting.ts';
import type { History } from './history.ts';

/**
 * A call that started less than this time ago certainly holds its lease. A lease lasts 15 seconds. Acquiring it may
 * take 5 of these seconds, and the clocks of two instances may each be wrong by 2 seconds.
 */
const LEASE_HOLDS_MS = 6_000;

/** A simulated SMS provider. It accepts repeated requests, and counts the requests by idempotency key. */
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
      const overlapping = [...this.#calls].filter(({ key, by, since }) => {
        const holdsLease = by.alive && now - since < LEASE_HOLDS_MS;
        return key === idempotencyKey && (by === instance || holdsLease);
      });
      const { texts, concurrentSms } = this.#history;
      if (overlapping.length > 0) concurrentSms.push(idempotencyKey);
      const call = { key: idempotencyKey, by: instance, since: now };
      this.#calls.add(call);
      try {
        await this.#scheduler.call(instance, `sends the SMS ${idempotencyKey}`, () => {
          texts.set(idempotencyKey, (texts.get(idempotencyKey) ?? 0) + 1);
        });
        return 'accepted';
      } finally {
        this.#calls.delete(call);
      }
    };
  }
}
