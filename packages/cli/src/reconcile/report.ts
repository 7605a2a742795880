import type { Stage } from '../stage/stage.ts';
import type { Kind } from './classify.ts';
import { type Compared, compare, type Difference } from './compare.ts';
import type { Numbered } from './numbered.ts';

/** Differences of one kind at one consumer. */
export interface Count {
  channel: string;
  consumer: string;
  kind: Kind;
  subjects: number;
  /** Whether `--mend` does something about it. */
  mends: boolean;
  /** What it means, and what is done about it. */
  remedy: string;
}

export interface Report extends Compared {
  stage: string;
  consistent: boolean;
  counts: Count[];
  /** The first of each kind at each consumer. */
  differences: Difference[];
}

const ARCHIVE = 'it reads the archive again; what is not in it is published again from the state';

/** What is done about a kind, and whether `--mend` does it: of events, and of commands. */
const REMEDIES: Record<
  Kind,
  { events: [mends: boolean, remedy: string]; commands?: [mends: boolean, remedy: string] }
> = {
  unpublished: { events: [true, 'published from the outbox'] },
  parked: {
    events: [false, 'gap and retry wait for the sweep, the others for a person: parked list, then redrive or discard'],
  },
  behind: {
    events: [true, ARCHIVE],
    commands: [false, 'a person decides: commands are in no archive; parked discard skips the missing ones'],
  },
  missing: {
    events: [true, ARCHIVE],
    commands: [false, 'a person decides: commands are in no archive; parked discard skips the missing ones'],
  },
  'not-erased': { events: [true, 'it reads the archive again; else the event that erases is published again'] },
  ahead: {
    events: [true, 'the publisher continues above what it has seen, and tells its state again'],
    commands: [true, 'the sender counts on from there'],
  },
  'other-state': { events: [true, 'the publisher tells its state again, as a version more'] },
  returned: { events: [false, 'a person decides: it was erased there, and is back here; have it leave again'] },
  unknown: {
    events: [false, 'a person decides: the publisher has lost it; register it again, or have it erased there'],
  },
};

/** Compares, and keeps so many differences of each kind at each consumer. */
export async function reportOf(
  stage: Stage,
  all: readonly Numbered[],
  limit: number,
  onProgress: (looked: number) => void,
): Promise<Report> {
  const counts = new Map<string, Count>();
  const differences: Difference[] = [];
  const compared = await compare(stage, all, {
    onProgress,
    async found(some, { aggregates }) {
      for (const difference of some) {
        const count = counted(counts, difference, aggregates !== undefined);
        if (count.subjects <= limit) differences.push(difference);
      }
    },
  });
  const sorted = [...counts.values()].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  return { stage: stage.name, consistent: counts.size === 0, ...compared, counts: sorted, differences };
}

const nameOf = ({ channel, consumer, kind }: Pick<Count, 'channel' | 'consumer' | 'kind'>) =>
  `${channel} ${consumer} ${kind}`;

function counted(counts: Map<string, Count>, difference: Difference, ofEvents: boolean): Count {
  const { channel, consumer, kind } = difference;
  const { events, commands = events } = REMEDIES[kind];
  const [mends, remedy] = ofEvents ? events : commands;
  const count = counts.get(nameOf(difference)) ?? { channel, consumer, kind, subjects: 0, mends, remedy };
  count.subjects++;
  counts.set(nameOf(difference), count);
  return count;
}
