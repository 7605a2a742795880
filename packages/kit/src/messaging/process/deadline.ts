import type { ProcessDescriptor } from '../../contracts/process-descriptor.ts';
import { type AddressedDraft, type CommandContext, draftTo } from '../draft.ts';
import type { LaterMessages } from '../later/waiting.ts';
import type { TransactItem } from '../outbox.ts';
import { awaitedOf, type ProcessState } from './state.ts';

type Own = Pick<ProcessDescriptor, 'name' | 'replies' | 'deadline'> & { later?: LaterMessages | undefined };

/** Where the deadline of a process waits. */
export const waitingOf = (name: string, id: string) => ({ subject: id, name: `${name}-deadline` });

/**
 * A transition with its deadline: one message for later a process. One that is set for an earlier time stays where it is, and is set
 * anew when it comes: a step that is answered in time writes none. Who needs a person says so at once, by a message that is
 * held for one.
 */
export function placed<Data>(
  { name, replies, deadline, later }: Own,
  before: ProcessState<Data> | undefined,
  next: ProcessState<Data>,
  context: CommandContext,
) {
  const none: { send: AddressedDraft[]; beside: Record<string, TransactItem> } = { send: [], beside: {} };
  if (!deadline || !later) return { ...none, process: next };
  const waiting = waitingOf(name, next.id);
  const message = (until: string, how: { at: Date; name: string } | { id: string }) =>
    draftTo(replies, deadline, { processId: next.id, until }, { correlationId: next.id, ...how });
  const { timer: kept, ...process } = next;
  const wasHeld = before?.progress.state === 'needs-person';
  const timer = wasHeld ? undefined : kept;
  const awaited = awaitedOf(next);
  // What was set and has not come yet is taken away.
  const left = timer === undefined ? {} : { [`${name} deadline`]: later.removing(waiting) };
  if (!awaited) return { ...none, process, beside: left };
  if (next.progress.state === 'needs-person') {
    if (wasHeld) return { ...none, process: next };
    const [now, parked] = [context.now.toISOString(), context.newId()];
    const progress = { ...next.progress, parked };
    return { process: { ...process, progress, timer: now }, send: [message(now, { id: parked })], beside: left };
  }
  // One whose time has come is under way, or was deleted by others: if it comes, it is not the one that counts any more.
  const isAhead = timer !== undefined && timer > context.now.toISOString();
  if (isAhead && timer <= awaited.until) return { ...none, process: { ...process, timer } };
  const until = awaited.until;
  return {
    ...none,
    process: { ...process, timer: until },
    send: [message(until, { at: new Date(until), name: waiting.name })],
  };
}
