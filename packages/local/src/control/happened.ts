import type { FailedInvocation } from '../lambda/function.ts';
import type { SentMessage } from '../messages/sent-messages.ts';
import type { Span } from '../observability/otlp.ts';

/** An invocation that failed, and when; or, without its request, that a function was denied a call. */
export interface Failure extends Omit<FailedInvocation, 'requestId'>, Partial<Pick<FailedInvocation, 'requestId'>> {
  at: string;
  /** File. */
  log: string;
}

/** What happened since somebody asked last. */
export interface Happened {
  /** To ask with next. */
  next: number;
  spans: Span[];
  messages: SentMessage[];
  failures: Failure[];
}

type Event = { span: Span } | { message: SentMessage } | { failure: Failure };

/** Whoever asks less often misses what is older. */
const MAX_RECENT = 10_000;

/** What happened of late, in memory, for those who ask again and again. */
export class RecentEvents {
  readonly #recent: Event[] = [];
  #happened = 0;

  add(events: readonly Event[]): void {
    this.#recent.push(...events);
    this.#happened += events.length;
    if (this.#recent.length > 2 * MAX_RECENT) this.#recent.splice(0, this.#recent.length - MAX_RECENT);
  }

  /** @param after what an earlier answer said to ask with next; 0: all that is known */
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
