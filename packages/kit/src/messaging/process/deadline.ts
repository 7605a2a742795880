import type { ProcessDescriptor } from '../../contracts/process-descriptor.ts';
import { type AddressedDraft, type CommandContext, draftTo } from '../draft.ts';
import type { LaterMessages } from '../later/waiting.ts';
import type { TransactItem } from '../outbox.ts';
import { awaitedOf, type ProcessState } from './state.ts';

type DeadlineOptions = Pick<ProcessDescriptor, 'name' | 'replies' | 'deadline'> & { later?: LaterMessages | undefined };

/** The key of a process's scheduled deadline message. */
export const deadlineKey = (name: string, id: string) => ({ subject: id, name: `${name}-deadline` });

/**
 * Adds the deadline to a transition: one scheduled message per process. If the message is already scheduled for an
 * earlier deadline, it is kept, and rescheduled when it is due. Therefore, most steps do not write the message. If the
 * process needs an operator, the message is sent immediately, and is held until an operator decides.
 */
export function withDeadline<Data>(
  { name, replies, deadline, later }: DeadlineOptions,
  before: ProcessState<Data> | undefined,
  next: ProcessState<Data>,
  context: CommandContext,
) {
  const none: { send: AddressedDraft[]; beside: Record<string, TransactItem> } = { send: [], beside: {} };
  if (!deadline || !later) return { ...none, process: next };
  const waiting = deadlineKey(name, next.id);
  const message = (until: string, how: { at: Date; name: string } | { id: string }) =>
    draftTo(replies, deadline, { processId: next.id, until }, { correlationId: next.id, ...how });
  const { timer: currentTimer, ...process } = next;
  const wasHeld = before?.progress.state === 'needs-person';
  const timer = wasHeld ? undefined : currentTimer;
  const awaited = awaitedOf(next);
  // Removes the scheduled message. Empty if the process has no scheduled message.
  const removal = timer === undefined ? {} : { [`${name} deadline`]: later.removing(waiting) };
  if (!awaited) return { ...none, process, beside: removal };
  if (next.progress.state === 'needs-person') {
    if (wasHeld) return { ...none, process: next };
    const [now, parked] = [context.now.toISOString(), context.newId()];
    const progress = { ...next.progress, parked };
    return { process: { ...process, progress, timer: now }, send: [message(now, { id: parked })], beside: removal };
  }
  // Once a deadline message is due, it is in transit or was deleted. Therefore, another message is scheduled. If the
  // due message arrives later, its time is not the current deadline, so the message has no effect.
  const isAhead = timer !== undefined && timer > context.now.toISOString();
  if (isAhead && timer <= awaited.until) return { ...none, process: { ...process, timer } };
  const until = awaited.until;
  return {
    ...none,
    process: { ...process, timer: until },
    send: [message(until, { at: new Date(until), name: waiting.name })],
  };
}
