/** A queue of fauxqs, by what makes its messages come due. */
export interface TimedQueue {
  pollTimer: NodeJS.Timeout | undefined;
  pollWaiters: readonly unknown[];
  inflightMessages: ReadonlyMap<string, { visibilityDeadline: number }>;
  delayedMessages: ReadonlyArray<{ delayUntil?: number }>;
  fifoDelayed: ReadonlyMap<string, ReadonlyArray<{ delayUntil?: number }>>;
  processTimers(): void;
  startPollTimerIfNeeded(): void;
  enqueue(...message: unknown[]): unknown;
  changeVisibility(...change: unknown[]): unknown;
}

/** A delay that is longer fires at once (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args). */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** When the next message comes back, or is no longer delayed. Epoch milliseconds; infinity: none. */
function nextDue({ inflightMessages, delayedMessages, fifoDelayed }: TimedQueue): number {
  let due = Number.POSITIVE_INFINITY;
  for (const { visibilityDeadline } of inflightMessages.values()) due = Math.min(due, visibilityDeadline);
  for (const messages of [delayedMessages, ...fifoDelayed.values()])
    for (const { delayUntil = due } of messages) due = Math.min(due, delayUntil);
  return due;
}

/** Has a queue look at its messages when the next of them is due, as long as somebody waits for one. */
function arm(queue: TimedQueue): void {
  clearTimeout(queue.pollTimer);
  queue.pollTimer = undefined;
  const due = queue.pollWaiters.length > 0 ? nextDue(queue) : Number.POSITIVE_INFINITY;
  if (due === Number.POSITIVE_INFINITY) return;
  const look = () => {
    queue.processTimers();
    arm(queue);
  };
  queue.pollTimer = setTimeout(look, Math.min(Math.max(due - Date.now(), 0), MAX_DELAY_MS));
}

/** Of fauxqs, each queue that is polled looks 50 times a second, which is most of what an idle cloud did. */
export function lookWhenDue({ prototype }: { prototype: TimedQueue }): void {
  prototype.startPollTimerIfNeeded = function () {
    arm(this);
  };
  // To receive tells those who wait already.
  for (const method of ['enqueue', 'changeVisibility'] as const) {
    const original = prototype[method];
    prototype[method] = function (this: TimedQueue, ...given: unknown[]) {
      const result = original.apply(this, given);
      arm(this);
      return result;
    };
  }
}
