import { OperatorError } from '../stage/errors.ts';
import { archiveOf, followReplay, startReplay } from '../stage/replay.ts';
import type { Stage } from '../stage/stage.ts';
import { isLacking, type Kind } from './classify.ts';
import { compare } from './compare.ts';
import type { Numbered } from './numbered.ts';
import { untilQuiet } from './quiet.ts';
import { raise, tellAgain } from './state-messages.ts';

/** What was done. */
export interface Mended {
  published: number;
  /** Aggregates and counts whose versions were raised. */
  raised: number;
  /** Consumers that have read the archive again. */
  replayed: string[];
  /** Those that lack something and could not, and why. */
  notReplayed: Array<{ consumer: string; because: string }>;
  /** Versions that were published again, each with the state as it is. */
  toldAgain: number;
}

export interface MendOptions {
  /** From when on consumers read the archive again. Default: its beginning. */
  since?: Date;
  /** Told what is being done. */
  onStep: (step: string) => void;
}

/** What is raised, and tells its state again. */
const mayRaise = (kind: Kind) => kind === 'ahead' || kind === 'other-state';

/** Publishes what waits, and waits until it has arrived and was applied in its turn. @throws {OperatorError} if something is on its way still */
async function arrive(stage: Stage, all: readonly Numbered[]): Promise<number> {
  const { published } = await stage.publish(undefined);
  const [first] = await untilQuiet(stage, all);
  if (!first) {
    for (const { name } of all.flatMap(({ holders }) => holders)) await stage.sweep(name);
    return published;
  }
  throw new OperatorError(
    `${first.messages} messages are on their way to ${first.queue}: versions that are raised now could be theirs. Wait until queues are empty (npm run ops -- queues), or switch off what sends, and run it again.`,
  );
}

/** Does something with each subject of which a consumer differs in one of some ways. @returns the sum of what was done */
async function eachDiffering(
  stage: Stage,
  all: readonly Numbered[],
  applies: (kind: Kind) => boolean,
  act: (numbered: Numbered, id: string) => Promise<number>,
): Promise<number> {
  let done = 0;
  await compare(stage, all, {
    async found(differences, numbered, id) {
      if (differences.some(({ kind }) => applies(kind))) done += await act(numbered, id);
    },
  });
  return done;
}

/**
 * Mends what can be mended by what is there: publishes the outbox, raises versions that consumers have seen already, has
 * consumers that lack something read the archive again, and publishes again what is not in it.
 */
export async function mend(stage: Stage, all: readonly Numbered[], { since, onStep }: MendOptions): Promise<Mended> {
  onStep('publishing what waits');
  let published = await arrive(stage, all);

  onStep('raising versions');
  const raised = await eachDiffering(stage, all, mayRaise, async (numbered, id) =>
    (await raise(stage, numbered, id)) ? 1 : 0,
  );
  published += await arrive(stage, all);

  const { replayed, notReplayed } = await replayTo(stage, all, since, onStep);

  onStep('publishing again');
  const toldAgain = await eachDiffering(stage, all, isLacking, (numbered, id) => tellAgain(stage, numbered, id));
  published += await arrive(stage, all);
  return { published, raised, replayed, notReplayed, toldAgain };
}

/** Has those who lack something read again what the archive has of it. */
async function replayTo(
  stage: Stage,
  all: readonly Numbered[],
  since: Date | undefined,
  onStep: MendOptions['onStep'],
): Promise<Pick<Mended, 'replayed' | 'notReplayed'>> {
  const lacking = new Set<string>();
  await compare(stage, all, {
    async found(differences, { aggregates }) {
      for (const { kind, consumer } of differences) if (aggregates && isLacking(kind)) lacking.add(consumer);
    },
  });
  const done: Pick<Mended, 'replayed' | 'notReplayed'> = { replayed: [], notReplayed: [] };
  for (const consumer of lacking) {
    const archived = await archiveIfKept(stage, consumer);
    if (typeof archived === 'string') {
      done.notReplayed.push({ consumer, because: archived });
      continue;
    }
    const from = since && since > archived.beginning ? since : archived.beginning;
    await startReplay(stage, archived, { since: from });
    await followReplay(stage, archived, ({ waiting }) => onStep(`${consumer} reads again: ${waiting} messages wait`));
    done.replayed.push(consumer);
  }
  return done;
}

/** @returns why there is nothing to read again, such as of a topic that keeps no archive: then the publisher tells what it can */
async function archiveIfKept(stage: Stage, consumer: string) {
  try {
    return await archiveOf(stage, consumer);
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
}
