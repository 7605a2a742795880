import { OperatorError } from '../stage/errors.ts';
import { archiveOf, followReplay, startReplay } from '../stage/replay.ts';
import type { StageClient } from '../stage/stage.ts';
import { type Kind, lacksVersions } from './classify.ts';
import { compare } from './compare.ts';
import { waitUntilDelivered } from './in-transit.ts';
import { raiseVersion, republishLost } from './state-messages.ts';
import type { VersionedChannel } from './versioned-channels.ts';

/** The result of `--mend`. */
export interface Mended {
  published: number;
  /** Aggregates and counters whose versions were raised. */
  raised: number;
  /** Consumers to which the archive was replayed. */
  replayed: string[];
  /** Consumers that lack events and received no replay, with the reason. */
  notReplayed: Array<{ consumer: string; because: string }>;
  /** Versions that were published again, with the current state. */
  toldAgain: number;
}

export interface MendOptions {
  /** Start of the replay. Default: the beginning of the archive. */
  since?: Date;
  /** Called with a description of each step. */
  onStep: (step: string) => void;
}

/** Whether `mend` repairs differences of this kind by raising the publisher's version. */
const mayRaise = (kind: Kind) => kind === 'ahead' || kind === 'other-state';

/**
 * Publishes pending messages, waits until the consumers' queues are empty, and runs the consumers' sweeps.
 * @returns the number of published messages
 * @throws {OperatorError} if messages are still in transit after 20 seconds
 */
async function publishAndWait(stage: StageClient, all: readonly VersionedChannel[]): Promise<number> {
  const { published } = await stage.publish(undefined);
  const [first] = await waitUntilDelivered(stage, all);
  if (!first) {
    for (const { name } of all.flatMap(({ consumers }) => consumers)) await stage.sweep(name);
    return published;
  }
  throw new OperatorError(
    `${first.messages} messages are in transit to ${first.queue}. If versions were raised now, they could collide with the versions of these messages. Wait until the queues are empty (npm run ops -- queues), or stop the senders. Then run the command again.`,
  );
}

/** Calls `act` for each subject that has a difference of a matching kind. @returns the sum of the results of `act` */
async function eachDiffering(
  stage: StageClient,
  all: readonly VersionedChannel[],
  applies: (kind: Kind) => boolean,
  act: (channel: VersionedChannel, id: string) => Promise<number>,
): Promise<number> {
  let done = 0;
  await compare(stage, all, {
    async onDifferences(differences, channel, id) {
      if (differences.some(({ kind }) => applies(kind))) done += await act(channel, id);
    },
  });
  return done;
}

/**
 * Repairs the differences that can be repaired from existing data. Publishes the messages of the outbox. Raises the
 * publisher's version where a consumer has a higher version, or another state at the same version. Replays the archive
 * to consumers that lack events. Then publishes the events that consumers still lack, with the current state.
 */
export async function mend(
  stage: StageClient,
  all: readonly VersionedChannel[],
  { since, onStep }: MendOptions,
): Promise<Mended> {
  onStep('publishing pending messages');
  let published = await publishAndWait(stage, all);

  onStep('raising versions');
  const raised = await eachDiffering(stage, all, mayRaise, async (channel, id) =>
    (await raiseVersion(stage, channel, id)) ? 1 : 0,
  );
  published += await publishAndWait(stage, all);

  const { replayed, notReplayed } = await replayTo(stage, all, since, onStep);

  onStep('publishing lost versions again');
  const toldAgain = await eachDiffering(stage, all, lacksVersions, (channel, id) => republishLost(stage, channel, id));
  published += await publishAndWait(stage, all);
  return { published, raised, replayed, notReplayed, toldAgain };
}

/** Replays the archive to consumers that lack events. */
async function replayTo(
  stage: StageClient,
  all: readonly VersionedChannel[],
  since: Date | undefined,
  onStep: MendOptions['onStep'],
): Promise<Pick<Mended, 'replayed' | 'notReplayed'>> {
  const lacking = new Set<string>();
  await compare(stage, all, {
    async onDifferences(differences, { aggregates }) {
      for (const { kind, consumer } of differences) if (aggregates && lacksVersions(kind)) lacking.add(consumer);
    },
  });
  const result: Pick<Mended, 'replayed' | 'notReplayed'> = { replayed: [], notReplayed: [] };
  for (const consumer of lacking) {
    const archive = await archiveOrReason(stage, consumer);
    if (typeof archive === 'string') {
      result.notReplayed.push({ consumer, because: archive });
      continue;
    }
    const from = since && since > archive.beginning ? since : archive.beginning;
    await startReplay(stage, archive, { since: from });
    await followReplay(stage, archive, ({ waiting }) =>
      onStep(`replaying to ${consumer}: ${waiting} messages in the queue`),
    );
    result.replayed.push(consumer);
  }
  return result;
}

/**
 * @returns the archive, or the reason why there is none. Without an archive, only the publisher's current state is
 * published again.
 */
async function archiveOrReason(stage: StageClient, consumer: string) {
  try {
    return await archiveOf(stage, consumer);
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
}
