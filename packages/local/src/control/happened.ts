import type { FailedInvocation } from '../lambda/function.ts';
import type { SentMessage } from '../messages/sent-messages.ts';
import type { Span } from '../observability/otlp.ts';

/** A failed invocation, and when; or, without a request id, a call that a function was denied. */
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

/** Callers that poll too rarely miss older events. */
const MAX_RECENT = 10_000;

/** Recent events, in memory, for polling. */
export class RecentEvents {
  readonly #recent: Event[] = [];
  #happened = 0;

  add(events: readonly Event[]): void {
    this.#recent.push(...events);
    this.#happened += events.length;
    if (this.#recent.length > 2 * MAX_RECENT) this.#recent.splice(0, this.#recent.length - MAX_RECENT);
  }

  /** @param after `next` of the previous answer; 0: everything known */
  since(after: number): Happened {
    const missing = Math.min(this.#recent.length, Math.max(0, this.#happened - after));
    const told = missing === 0 ? [] : this.#recent.slice(-missing);
    return {
      next: this.#happened,
      spans: told.flatMap((one) => ('span' in one ? [one.span] : [])),
      messages: told.flatMap((one) => ('message' in one ? [one.message] : [])),
      failures: told.flatMap((one) => ('failure' in one ? [one.failure] : [])),
    };
  }
}
