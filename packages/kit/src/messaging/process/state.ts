/** What a process waits for: the reply to a command, or the time at which the command is sent again. */
export interface Awaited {
  step: string;
  /** `undo`: the compensation of the step. */
  action: 'do' | 'undo';
  /** Number of the current attempt or, while the process pauses, of the next attempt. */
  attempt: number;
  /** Deadline of the reply or, while the process pauses, the end of the pause; ISO 8601. */
  until: string;
  /** Whether the process pauses before the next attempt. */
  pausing?: true;
  /** Ids of the commands that were refused. */
  refusals?: readonly string[];
}

export type Progress =
  | { state: 'running' | 'compensating'; awaits: Awaited }
  /**
   * Waits until an operator decides how to continue, or until a late reply reports success. `why`: the failure.
   * `parked`: the id of the message that is held for an operator.
   */
  | { state: 'needs-person'; awaits: Awaited; why: string; parked?: string }
  | { state: 'completed' }
  /** All completed steps that have a compensation are compensated. */
  | { state: 'failed' };

/**
 * A process, as an item of its service's table.
 * @public
 */
export interface ProcessState<Data = unknown> {
  id: string;
  data: Data;
  version: number;
  startedAt: string;
  changedAt: string;
  progress: Progress;
  /** The completed steps that are not compensated, in order of completion. */
  done: readonly string[];
  undone: readonly string[];
  /**
   * Steps that were given up without a reply, so their outcome is unknown. If a late reply reports success, the
   * step is compensated.
   */
  unknown: readonly string[];
  /** Why the process is compensated instead of completed. */
  because?: string;
  /** Operators' decisions, with their reasons. */
  decided?: readonly string[];
  /** Time of the current deadline message, ISO 8601. A deadline message with another time has no effect. */
  timer?: string;
  /** When the process first completed or failed, ISO 8601. */
  endedAt?: string;
}

const NAMES: Readonly<Record<keyof ProcessState, true>> = {
  ...{ id: true, data: true, version: true, startedAt: true, changedAt: true, endedAt: true, timer: true },
  ...{ progress: true, done: true, undone: true, unknown: true, because: true, decided: true },
};
const isName = (name: string): boolean => Object.hasOwn(NAMES, name);

/** Reads the process from an item, without the attributes of the key and the index. */
export const stateOf = <Data>(item: Record<string, unknown>): ProcessState<Data> =>
  Object.fromEntries(Object.entries(item).filter(([name]) => isName(name))) as unknown as ProcessState<Data>;

/**
 * The attributes of a process's item, except its key: the attributes for an index, and the state.
 * @throws {Error} if two attributes of the item, including its key, have the same name: a defect in the service
 */
export function itemOf(
  key: Record<string, string>,
  process: ProcessState,
  attributes: Record<string, unknown> = {},
): Record<string, unknown> {
  const refuse = (what: string, name: string): never => {
    throw new Error(
      `process ${process.id}: the attribute name \`${name}\` in \`${what}\` is already used: choose another name`,
    );
  };
  for (const name of Object.keys(key)) if (isName(name)) refuse('key', name);
  for (const name of Object.keys(attributes)) if (isName(name) || Object.hasOwn(key, name)) refuse('attributes', name);
  return { ...attributes, ...process };
}

export const awaitedOf = ({ progress }: ProcessState): Awaited | undefined =>
  'awaits' in progress ? progress.awaits : undefined;
