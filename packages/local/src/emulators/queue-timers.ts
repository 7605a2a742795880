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

/** A longer delay fires immediately (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args). */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** When the next message becomes visible again or its delay ends. Epoch milliseconds; Infinity: none. */
function nextDue({ inflightMessages, delayedMessages, fifoDelayed }: TimedQueue): number {
  let due = Number.POSITIVE_INFINITY;
  for (const { visibilityDeadline } of inflightMessages.values()) due = Math.min(due, visibilityDeadline);
  for (const messages of [delayedMessages, ...fifoDelayed.values()])
    for (const { delayUntil = due } of messages) due = Math.min(due, delayUntil);
  return due;
}

/** Makes a queue check its messages when the next of them is due, as long as a receiver waits. */
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

/** By itself, fauxqs checks each polled queue 50 times a second, which was most of an idle cloud's CPU time. */
export function lookWhenDue({ prototype }: { prototype: TimedQueue }): void {
  prototype.startPollTimerIfNeeded = function () {
    arm(this);
  };
  // A receive also notifies other waiting receivers.
  for (const method of ['enqueue', 'changeVisibility'] as const) {
    const original = prototype[method];
    prototype[method] = function (this: TimedQueue, ...given: unknown[]) {
      const result = original.apply(this, given);
      arm(this);
      return result;
    };
  }
}
