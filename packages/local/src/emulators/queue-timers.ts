/** The parts of a fauxqs queue that determine when messages become due. */
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

/** A timer with a longer delay fires immediately (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args). */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * The next time at which a hidden message becomes visible or the delay of a message ends, in epoch milliseconds;
 * infinite if no message is hidden or delayed.
 */
function nextDue({ inflightMessages, delayedMessages, fifoDelayed }: TimedQueue): number {
  let due = Number.POSITIVE_INFINITY;
  for (const { visibilityDeadline } of inflightMessages.values()) due = Math.min(due, visibilityDeadline);
  for (const messages of [delayedMessages, ...fifoDelayed.values()])
    for (const { delayUntil = due } of messages) due = Math.min(due, delayUntil);
  return due;
}

/** If a receiver waits, schedules a check of the queue for the time when the queue's next message is due. */
function scheduleCheck(queue: TimedQueue): void {
  clearTimeout(queue.pollTimer);
  queue.pollTimer = undefined;
  const due = queue.pollWaiters.length > 0 ? nextDue(queue) : Number.POSITIVE_INFINITY;
  if (due === Number.POSITIVE_INFINITY) return;
  const check = () => {
    queue.processTimers();
    scheduleCheck(queue);
  };
  queue.pollTimer = setTimeout(check, Math.min(Math.max(due - Date.now(), 0), MAX_DELAY_MS));
}

/**
 * Makes queues check their messages only when the next message is due. Otherwise, fauxqs checks each polled queue 50
 * times a second, and these checks took most of an idle cloud's CPU time.
 */
export function checkWhenDue({ prototype }: { prototype: TimedQueue }): void {
  prototype.startPollTimerIfNeeded = function () {
    scheduleCheck(this);
  };
  // `dequeue` needs no wrapper: fauxqs wakes all waiting receivers when a message is available, and a receiver that
  // waits again schedules a check.
  for (const method of ['enqueue', 'changeVisibility'] as const) {
    const original = prototype[method];
    prototype[method] = function (this: TimedQueue, ...parameters: unknown[]) {
      const result = original.apply(this, parameters);
      scheduleCheck(this);
      return result;
    };
  }
}
