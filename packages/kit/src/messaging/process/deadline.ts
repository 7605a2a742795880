import type { ProcessDescriptor } from '../../contracts/process-descriptor.ts';
import { type AddressedDraft, type CommandContext, draftTo } from '../draft.ts';
import type { LaterMessages } from '../later/waiting.ts';
import type { TransactItem } from '../outbox.ts';
import { awaitedOf, type ProcessState } from './state.ts';

type DeadlineOptions = Pick<ProcessDescriptor, 'name' | 'replies' | 'deadline'> & { later?: LaterMessages | undefined };

/** The key of a process's scheduled deadline. */
export const deadlineKey = (name: string, id: string) => ({ subject: id, name: `${name}-deadline` });

/**
 * A transition with its deadline: one scheduled message per process. A deadline that is set to an earlier time stays,
 * and is rescheduled when it is due, so a step that is answered in time writes none. A process that needs a person says
 * so immediately, by a message held for one.
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
  const { timer: kept, ...process } = next;
  const wasHeld = before?.progress.state === 'needs-person';
  const timer = wasHeld ? undefined : kept;
  const awaited = awaitedOf(next);
  // Removes a deadline that is not yet due.
  const left = timer === undefined ? {} : { [`${name} deadline`]: later.removing(waiting) };
  if (!awaited) return { ...none, process, beside: left };
  if (next.progress.state === 'needs-person') {
    if (wasHeld) return { ...none, process: next };
    const [now, parked] = [context.now.toISOString(), context.newId()];
    const progress = { ...next.progress, parked };
    return { process: { ...process, progress, timer: now }, send: [message(now, { id: parked })], beside: left };
  }
  // A deadline that is due is in transit, or was deleted by others. If it arrives, it is not the current one.
  const isAhead = timer !== undefined && timer > context.now.toISOString();
  if (isAhead && timer <= awaited.until) return { ...none, process: { ...process, timer } };
  const until = awaited.until;
  return {
    ...none,
    process: { ...process, timer: until },
    send: [message(until, { at: new Date(until), name: waiting.name })],
  };
}
