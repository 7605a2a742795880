/** What a process waits for: the reply to a command, or the time to send it again. */
export interface Awaited {
  step: string;
  /** `undo`: its compensation. */
  action: 'do' | 'undo';
  /** Number of tries, including this one. */
  attempt: number;
  /** Deadline, ISO 8601. */
  until: string;
  /** A pause before the next attempt: the command is sent at `until`. */
  pausing?: true;
  /** Ids of the commands whose replies refused them. */
  refusals?: readonly string[];
}

export type Progress =
  | { state: 'running' | 'compensating'; awaits: Awaited }
  /**
   * Stopped until an operator decides how to continue, or a late reply arrives. `why`: the failure; `parked`: the message
   * that is held for a person.
   */
  | { state: 'needs-person'; awaits: Awaited; why: string; parked?: string }
  | { state: 'completed' }
  /** Everything that was done is compensated. */
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
  /** The steps whose effects stand, in the order in which they were done. */
  done: readonly string[];
  undone: readonly string[];
  /** Steps that were given up without a reply: outcome unknown. If one was done after all, it is compensated. */
  unknown: readonly string[];
  /** Why it is compensated instead of completed. */
  because?: string;
  /** Persons' decisions, with reasons. */
  decided?: readonly string[];
  /** Time of its current deadline, ISO 8601. */
  timer?: string;
  /** When it first completed or failed, ISO 8601. */
  endedAt?: string;
}

const NAMES: Readonly<Record<keyof ProcessState, true>> = {
  ...{ id: true, data: true, version: true, startedAt: true, changedAt: true, endedAt: true, timer: true },
  ...{ progress: true, done: true, undone: true, unknown: true, because: true, decided: true },
};
const isName = (name: string): boolean => Object.hasOwn(NAMES, name);

/** Reads the process from an item, leaving out the key and the index attributes. */
export const stateOf = <Data>(item: Record<string, unknown>): ProcessState<Data> =>
  Object.fromEntries(Object.entries(item).filter(([name]) => isName(name))) as unknown as ProcessState<Data>;

/**
 * The attributes of a process's item besides its key: those for an index, and its state.
 * @throws {Error} if two of them have the same name: a defect in the service
 */
export function itemOf(
  key: Record<string, string>,
  process: ProcessState,
  attributes: Record<string, unknown> = {},
): Record<string, unknown> {
  const refuse = (what: string, name: string): never => {
    throw new Error(`process ${process.id}: \`${name}\` of its \`${what}\` is taken: give it another name`);
  };
  for (const name of Object.keys(key)) if (isName(name)) refuse('key', name);
  for (const name of Object.keys(attributes)) if (isName(name) || Object.hasOwn(key, name)) refuse('attributes', name);
  return { ...attributes, ...process };
}

export const awaitedOf = ({ progress }: ProcessState): Awaited | undefined =>
  'awaits' in progress ? progress.awaits : undefined;
