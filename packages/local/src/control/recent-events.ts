import { setTimeout as delay } from 'node:timers/promises';
import type { FailedInvocation } from '../lambda/function.ts';
import type { SentMessage } from '../messages/sent-messages.ts';
import type { Span } from '../observability/otlp.ts';

/** A failed invocation or, without a request id, a denied call that a function made. */
export interface Failure extends Omit<FailedInvocation, 'requestId'>, Partial<Pick<FailedInvocation, 'requestId'>> {
  at: string;
  /** Path of the log file. */
  log: string;
}

/** The events since the previous request. */
export interface Happened {
  /** Pass this as `after` in the next request. */
  next: number;
  spans: Span[];
  messages: SentMessage[];
  failures: Failure[];
}

type Event = { span: Span } | { message: SentMessage } | { failure: Failure };

/** The number of recent events that are always in memory. Callers that poll too rarely miss older events. */
const MAX_RECENT = 10_000;

/** Recent events, in memory, for polling. */
export class RecentEvents {
  readonly #recent: Event[] = [];
  /** Aborted when events are added, so that all waiting requests continue; undefined until the next request waits. */
  #waiting: AbortController | undefined;
  #total = 0;

  add(events: readonly Event[]): void {
    this.#recent.push(...events);
    this.#total += events.length;
    if (this.#recent.length > 2 * MAX_RECENT) this.#recent.splice(0, this.#recent.length - MAX_RECENT);
    if (events.length === 0) return;
    this.#waiting?.abort();
    this.#waiting = undefined;
  }

  /**
   * Resolves when there are newer events, at the latest after `ms` milliseconds.
   * @param after `next` of the previous response
   */
  async waitForNewer(after: number, ms: number): Promise<void> {
    if (ms <= 0 || after !== this.#total) return;
    this.#waiting ??= new AbortController();
    const { signal } = this.#waiting;
    await delay(ms, undefined, { signal }).catch((error) => {
      if (!signal.aborted) throw error;
    });
  }

  /** @param after `next` of the previous response; 0 for all recent events */
  since(after: number): Happened {
    const newCount = Math.min(this.#recent.length, Math.max(0, this.#total - after));
    const events = newCount === 0 ? [] : this.#recent.slice(-newCount);
    return {
      next: this.#total,
      spans: events.flatMap((event) => ('span' in event ? [event.span] : [])),
      messages: events.flatMap((event) => ('message' in event ? [event.message] : [])),
      failures: events.flatMap((event) => ('failure' in event ? [event.failure] : [])),
    };
  }
}
