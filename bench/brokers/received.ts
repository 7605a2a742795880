import { setTimeout as delay } from 'node:timers/promises';
import type { Sent } from './transport.ts';

const CHECK_INTERVAL_MS = 20;

/** Counts the messages that arrived at the receivers in one run. */
export class Received {
  readonly latencies: number[] = [];
  /** The number of deliveries, by message ID. */
  readonly deliveries = new Map<string, number>();
  readonly #last = new Map<string, number>();
  outOfOrder = 0;
  lastAt = 0;

  add({ id, key, position, at }: Sent): void {
    this.lastAt = performance.now();
    const before = this.deliveries.get(id) ?? 0;
    this.deliveries.set(id, before + 1);
    if (before > 0) return;
    this.latencies.push(this.lastAt - at);
    if (position < (this.#last.get(key) ?? 0)) this.outOfOrder++;
    this.#last.set(key, Math.max(position, this.#last.get(key) ?? 0));
  }

  get duplicates(): number {
    return [...this.deliveries.values()].reduce((all, count) => all + count - 1, 0);
  }

  /** The messages that did not arrive. */
  missing<T extends Pick<Sent, 'id'>>(sent: readonly T[]): T[] {
    return sent.filter(({ id }) => !this.deliveries.has(id));
  }

  /** Waits until all messages have arrived, or until no message has arrived for `quietMs`. */
  async settle(expected: number, quietMs: number): Promise<void> {
    const begun = performance.now();
    while (this.deliveries.size < expected && performance.now() - Math.max(begun, this.lastAt) < quietMs) {
      await delay(CHECK_INTERVAL_MS);
    }
  }
}
