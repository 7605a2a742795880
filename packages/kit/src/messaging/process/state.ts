/** What a process waits for: the reply to a command, or the time to send it again. */
export interface Awaited {
  step: string;
  /** `undo`: its compensation. */
  action: 'do' | 'undo';
  /** How often it was tried, this time included. */
  attempt: number;
  /** ISO. */
  until: string;
  /** Its command is sent then; until then nothing is. */
  pausing?: true;
  /** The commands, by id, whose replies have refused it. */
  refusals?: readonly string[];
}

export type Progress =
  | { state: 'running' | 'compensating'; awaits: Awaited }
  /**
   * It stands still until somebody says how it goes on, or a reply comes after all. `why`: what has failed; `parked`: the
   * message that is held for a person meanwhile.
   */
  | { state: 'needs-person'; awaits: Awaited; why: string; parked?: string }
  | { state: 'completed' }
  /** All that was done is undone. */
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
  /** The steps whose effect stands, in the order in which they were done. */
  done: readonly string[];
  undone: readonly string[];
  /** Steps that were given up without a reply: if one was done after all, it is compensated. */
  unknown: readonly string[];
  /** Why it is compensated, and not completed. */
  because?: string;
  /** What persons decided, and why. */
  decided?: readonly string[];
  /** ISO: of the one deadline of its own that counts. */
  timer?: string;
  /** ISO: it was completed, or had failed, for the first time. */
  endedAt?: string;
}

const NAMES: Readonly<Record<keyof ProcessState, true>> = {
  ...{ id: true, data: true, version: true, startedAt: true, changedAt: true, endedAt: true, timer: true },
  ...{ progress: true, done: true, undone: true, unknown: true, because: true, decided: true },
};
const isName = (name: string): boolean => Object.hasOwn(NAMES, name);

/** The process in an item, which has its key and what is for an index beside it. */
export const stateOf = <Data>(item: Record<string, unknown>): ProcessState<Data> =>
  Object.fromEntries(Object.entries(item).filter(([name]) => isName(name))) as unknown as ProcessState<Data>;

/**
 * What an item has of a process beside its key: what is for an index, and its state.
 * @throws {Error} if two of them have one name: a defect of the service
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
