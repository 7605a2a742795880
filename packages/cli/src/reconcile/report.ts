import type { StageClient } from '../stage/stage.ts';
import type { Kind } from './classify.ts';
import { type Comparison, compare, type Difference } from './compare.ts';
import type { VersionedChannel } from './versioned-channels.ts';

/** Differences of one kind at one consumer. */
export interface Count {
  channel: string;
  consumer: string;
  kind: Kind;
  subjects: number;
  /** Whether `--mend` repairs these differences. */
  mends: boolean;
  /** What `--mend` does, or what an operator must do. */
  remedy: string;
}

export interface Report extends Comparison {
  stage: string;
  consistent: boolean;
  counts: Count[];
  /** The first differences of each kind and consumer. */
  differences: Difference[];
}

const ARCHIVE =
  'the archive is replayed to the consumer; versions that the archive lacks are published again with the current state';
const MISSING_COMMANDS =
  'commands are not archived, so an operator decides; to skip the missing commands: parked discard';

/** For each kind: whether `--mend` repairs the difference, and the remedy. `commands` defaults to `events`. */
const REMEDIES: Record<
  Kind,
  { events: [mends: boolean, remedy: string]; commands?: [mends: boolean, remedy: string] }
> = {
  unpublished: { events: [true, 'published from the outbox'] },
  parked: {
    events: [
      false,
      'messages with reason gap or retry wait for the sweep, the others for an operator: parked list, then redrive or discard',
    ],
  },
  behind: {
    events: [true, ARCHIVE],
    commands: [false, MISSING_COMMANDS],
  },
  missing: {
    events: [true, ARCHIVE],
    commands: [false, MISSING_COMMANDS],
  },
  'not-erased': {
    events: [
      true,
      'the archive is replayed to the consumer; if that is not enough, the erasing event is published again',
    ],
  },
  ahead: {
    events: [
      true,
      'the publisher continues above the version that the consumer has seen, and publishes its state again',
    ],
    commands: [true, 'the sender continues above the version that the consumer has seen'],
  },
  'other-state': { events: [true, 'the publisher publishes its state again, with the next version'] },
  returned: {
    events: [
      false,
      'an operator decides: the consumer has erased the subject, but the publisher has it again; erase it again',
    ],
  },
  unknown: {
    events: [
      false,
      'an operator decides: the publisher has lost the subject; create it again, or erase it at the consumer',
    ],
  },
};

/** Compares publishers and consumers. @param limit maximum number of reported differences per kind and consumer */
export async function reportOf(
  stage: StageClient,
  all: readonly VersionedChannel[],
  limit: number,
  onProgress: (count: number) => void,
): Promise<Report> {
  const counts = new Map<string, Count>();
  const differences: Difference[] = [];
  const comparison = await compare(stage, all, {
    onProgress,
    async onDifferences(found, { aggregates }) {
      for (const difference of found) {
        const count = increment(counts, difference, aggregates !== undefined);
        if (count.subjects <= limit) differences.push(difference);
      }
    },
  });
  const sorted = [...counts.values()].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  return { stage: stage.name, consistent: counts.size === 0, ...comparison, counts: sorted, differences };
}

const nameOf = ({ channel, consumer, kind }: Pick<Count, 'channel' | 'consumer' | 'kind'>) =>
  `${channel} ${consumer} ${kind}`;

function increment(counts: Map<string, Count>, difference: Difference, ofEvents: boolean): Count {
  const { channel, consumer, kind } = difference;
  const { events, commands = events } = REMEDIES[kind];
  const [mends, remedy] = ofEvents ? events : commands;
  const count = counts.get(nameOf(difference)) ?? { channel, consumer, kind, subjects: 0, mends, remedy };
  count.subjects++;
  counts.set(nameOf(difference), count);
  return count;
}
