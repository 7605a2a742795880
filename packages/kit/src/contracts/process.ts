import * as z from 'zod';
import type { Channel } from './channel.ts';
import type { MessageContract } from './contract.ts';
import { checkProcess } from './process-checks.ts';
import type { ProcessDescriptor, ProcessStep } from './process-descriptor.ts';

/** A command and its reply, as a process definition declares them. */
export interface About<Data, To extends Channel, C extends To['messages'][number], R extends MessageContract> {
  readonly send: readonly [channel: To, command: C];
  /** Builds the command's data. The reply must have the subject of the command. */
  readonly by: (data: Data) => z.input<C['data']>;
  /**
   * The reply's type. It must be unique in the process, because it identifies the command to which the reply belongs.
   */
  readonly reply: R;
  /**
   * Whether a reply with the subject of the command belongs to the command. A reply that does not belong to it is
   * parked. Default: every such reply belongs to the command.
   */
  readonly matches?: (reply: z.output<R['data']>, data: Data) => boolean;
  /** Whether the command succeeded. Default: every reply means success. */
  readonly ok?: (reply: z.output<R['data']>, data: Data) => boolean;
  /**
   * Returns the fields of a reply that the process stores, even if the reply is not `ok`. The process stores nothing
   * from a refusal that arrives after the process gave up the step.
   */
  readonly keep?: (reply: z.output<R['data']>) => Partial<Data>;
  /**
   * Seconds from the command until its reply is due, or a function that computes this number. The process notices an
   * overdue reply within a minute. Without a `deadline`, it notices the overdue reply only when the process is read
   * with `current`, or when the reply arrives after all.
   */
  readonly within: number | ((data: Data) => number);
}

/** Creates a step, typed by the process's data and replies. */
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
    /** Whether this step is the pivot: the last step whose refusal makes the process compensate. */
    readonly pivot?: boolean;
    /** Compensates the step. Default: the step needs no compensation. */
    readonly compensate?: About<Data, Back, Undo, Undone>;
  },
) => ProcessStep;

/**
 * The data of a deadline, which is a scheduled message that a process sends to itself. `until` is in ISO 8601 format.
 */
export const deadlineData = z.object({ processId: z.string().min(1), until: z.iso.datetime() });

/**
 * The message type of deadlines of an application's processes. List it among the messages of the queue for replies.
 * @public
 */
export const processDeadline = <const T extends string>(type: T) =>
  ({ type, kind: 'command', data: deadlineData, subjectField: 'processId' }) as const;

/**
 * Defines a process manager (saga) as data.
 * @param about `data`: schema of the data that is stored with the process, and from which its commands are built.
 * `replies`: an unordered queue, whose messages are the replies of the steps and the `deadline`, which
 * `processDeadline` creates. A process may omit the deadline if it has only one step, the compensation of this step
 * cannot be refused, and the step is not a pivot without compensation. The process then costs no scheduled message, but
 * it notices an overdue reply only when it is read (`current`) or the reply arrives after all
 * @param steps in order. If the `pivot` or an earlier step fails, the completed steps are compensated in reverse order.
 * A step fails if it is refused or its reply is overdue. A pivot without compensation fails only if it is refused.
 * Failed steps after the pivot are retried. Without a pivot, the failure of any step leads to compensation
 * @throws {Error} if the definition is inconsistent; the message names the mistake
 * @public
 */
export function defineProcess<D extends z.ZodType, const Replies extends Channel>(
  name: string,
  about: { data: D; replies: Replies; deadline?: ReturnType<typeof processDeadline> & Replies['messages'][number] },
  steps: (step: DefineStep<z.output<D>, Replies['messages'][number]>) => readonly ProcessStep[],
): ProcessDescriptor<z.output<D>> {
  const definedSteps = steps((name, step) => ({ name, ...step }));
  const process = { name, ...about, steps: definedSteps } as ProcessDescriptor<z.output<D>>;
  checkProcess(process);
  return process;
}
