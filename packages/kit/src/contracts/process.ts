import * as z from 'zod';
import type { Channel } from './channel.ts';
import type { MessageContract } from './contract.ts';
import { checkProcess } from './process-checks.ts';
import type { ProcessDescriptor, ProcessStep } from './process-descriptor.ts';

/** A command and its reply, as a definition says them. */
export interface About<Data, To extends Channel, C extends To['messages'][number], R extends MessageContract> {
  readonly send: readonly [channel: To, command: C];
  /** The command's data. Its subject is what the reply must be about, too. */
  readonly by: (data: Data) => z.input<C['data']>;
  /** No two exchanges of a process have the same: it tells which one it answers. */
  readonly reply: R;
  /** Whether the reply is about what the command said; one that is not is parked. Default: it has its subject. */
  readonly matches?: (reply: z.output<R['data']>, data: Data) => boolean;
  /** Whether it was done. Default: the reply says that it was. */
  readonly ok?: (reply: z.output<R['data']>, data: Data) => boolean;
  /** What the process remembers of a reply: also of one that is not `ok`, but of none that comes too late to refuse. */
  readonly keep?: (reply: z.output<R['data']>) => Partial<Data>;
  /**
   * Seconds from the command to the time by which a reply is expected, or what they follow from. It is noticed a minute later at
   * most; without a `deadline`, by who looks at the process, or by the reply that comes later.
   */
  readonly within: number | ((data: Data) => number);
}

/** Makes a step: typed by its process's data and replies. */
type DefineStep<Data, R extends MessageContract> = <
  const To extends Channel,
  C extends To['messages'][number],
  Reply extends R,
  const Back extends Channel,
  Undo extends Back['messages'][number],
  Undone extends R,
>(
  name: string,
  about: About<Data, To, C, Reply> & {
    /** Whether it is the last that can be undone. */
    readonly pivot?: boolean;
    /** Undoes what the step did. Default: there is nothing to undo. */
    readonly compensate?: About<Data, Back, Undo, Undone>;
  },
) => ProcessStep;

/** That a time has come which a process waited for: it sends it to itself, for later. `until`: ISO. */
export const deadlineData = z.object({ processId: z.string().min(1), until: z.iso.datetime() });

/**
 * The message by which a process of the app learns that it waits no longer; its queue of replies lists it.
 * @public
 */
export const processDeadline = <const T extends string>(type: T) =>
  ({ type, kind: 'command', data: deadlineData, subjectField: 'processId' }) as const;

/**
 * A conversation with several services, as data.
 * @param about `data`: what the commands are made of, kept with the process; `replies`: a queue without order, whose messages
 * are the replies of its steps and `deadline`, of `processDeadline`. A process of one step, whose compensation nothing refuses,
 * may have no deadline: it costs no message for later, and its time counts when somebody looks (`current`), or a reply comes
 * @param steps in order. A step that fails up to the `pivot` has the steps before it compensated, the last first; after the
 * pivot, a process only goes forward. Default: the pivot is the end
 * @throws {Error} that names what does not fit together
 * @public
 */
export function defineProcess<D extends z.ZodType, const Replies extends Channel>(
  name: string,
  about: { data: D; replies: Replies; deadline?: ReturnType<typeof processDeadline> & Replies['messages'][number] },
  steps: (step: DefineStep<z.output<D>, Replies['messages'][number]>) => readonly ProcessStep[],
): ProcessDescriptor<z.output<D>> {
  const made = steps((name, step) => ({ name, ...step }));
  const process = { name, ...about, steps: made } as ProcessDescriptor<z.output<D>>;
  checkProcess(process);
  return process;
}
