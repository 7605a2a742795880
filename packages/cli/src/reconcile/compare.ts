import type { StageClient } from '../stage/stage.ts';
import { classify, type Held, isLacking, type Kind, type Known, lost } from './classify.ts';
import type { Holder, Numbered } from './numbered.ts';
import { type OnTheirWay, untilQuiet } from './quiet.ts';
import { eachHeld, eachPage, heldOf, knownOf, parkedOf, unpublishedOf } from './tables.ts';

/** A subject about which a consumer and the publisher disagree. */
export interface Difference {
  channel: string;
  consumer: string;
  aggregate: string;
  kind: Kind;
  /** The publisher's version; undefined: it has none. */
  version?: number;
  /** The last version that the consumer applied; undefined: none. */
  applied?: number;
  /** Number of missing versions that are neither in the outbox nor parked. */
  lost?: number;
  /** The consumer's parked messages about the subject, by reason. */
  parked?: string[];
}

export interface Compared {
  /** Number of subjects of the publisher, by channel. */
  subjects: Record<string, number>;
  /** Number of cursors read, by consumer. */
  cursors: Record<string, number>;
  onTheirWay: OnTheirWay[];
}

/** A subject that is compared again after messages in transit have arrived. */
interface Doubt {
  numbered: Numbered;
  id: string;
  /** The publisher's version at the first comparison. */
  version?: number;
}

export interface CompareOptions {
  /** Called once per subject. */
  found: (differences: Difference[], numbered: Numbered, id: string) => Promise<void>;
  onProgress?: (looked: number) => void;
}

/** Maximum number of subjects that wait for the second comparison, to limit memory. */
const MAX_DOUBTS = 20_000;
const AT_ONCE = 100;

/**
 * Compares a publisher's table with the tables of its consumers, page by page, in both directions. Differing subjects
 * are compared again once the queues are empty, so that a message in transit does not count as a difference.
 */
export async function compare(
  stage: StageClient,
  all: readonly Numbered[],
  options: CompareOptions,
): Promise<Compared> {
  const { found, onProgress } = options;
  const compared: Compared = { subjects: {}, cursors: {}, onTheirWay: [] };
  let doubts: Doubt[] = [];
  let looked = 0;

  async function settleDoubts(): Promise<void> {
    const settling = doubts;
    doubts = [];
    if (settling.length === 0) return;
    compared.onTheirWay = await untilQuiet(stage, all);
    for (const [numbered, some] of Map.groupBy(settling, (doubt) => doubt.numbered)) {
      for (let index = 0; index < some.length; index += AT_ONCE) {
        const differences = await differing(stage, numbered, some.slice(index, index + AT_ONCE));
        for (const [id, of] of Map.groupBy(differences, ({ aggregate }) => aggregate)) await found(of, numbered, id);
      }
    }
  }

  async function doubt(some: readonly Doubt[]): Promise<void> {
    doubts.push(...some);
    if (doubts.length >= MAX_DOUBTS) await settleDoubts();
  }

  function progress(more: number): void {
    looked += more;
    onProgress?.(looked);
  }

  async function look(numbered: Numbered, known: readonly Known[]): Promise<void> {
    const { channel, holders, rulesOf } = numbered;
    const ids = known.map(({ id }) => id);
    const kinds = await Promise.all(
      holders.map(async (holder) => {
        const held = await heldOf(stage, holder, ids);
        return known.map((one) => classify(one, held.get(one.id), rulesOf(holder)));
      }),
    );
    await doubt(
      known.filter((_, index) => kinds.some((of) => of[index])).map(({ id, version }) => ({ numbered, id, version })),
    );
    compared.subjects[channel] = (compared.subjects[channel] ?? 0) + known.length;
    progress(known.length);
  }

  /** Finds subjects that only a consumer has. */
  async function lookBack(numbered: Numbered, holder: Holder, ids: readonly string[]): Promise<void> {
    const known = await knownOf(stage, numbered, ids);
    await doubt(ids.filter((id) => !known.has(id)).map((id) => ({ numbered, id })));
    compared.cursors[holder.name] = (compared.cursors[holder.name] ?? 0) + ids.length;
    progress(ids.length);
  }

  for (const numbered of all) {
    const { channel, table, holders, read } = numbered;
    compared.subjects[channel] = 0;
    await eachPage(stage, { TableName: stage.table(table) }, (items) =>
      look(
        numbered,
        items.map(read).filter((known) => known !== undefined),
      ),
    );
    for (const holder of holders) {
      compared.cursors[holder.name] = 0;
      await eachHeld(stage, holder, (ids) => lookBack(numbered, holder, ids));
    }
  }
  await settleDoubts();
  return compared;
}

/** Compares subjects a second time. */
async function differing(stage: StageClient, numbered: Numbered, doubts: readonly Doubt[]): Promise<Difference[]> {
  const seen = new Map(doubts.map(({ id, version }) => [id, version]));
  const ids = [...seen.keys()];
  const { holders } = numbered;
  // Reads the consumers before the publisher, so that a consumer does not wrongly appear to be ahead.
  const held = await Promise.all(holders.map((holder) => heldOf(stage, holder, ids)));
  const known = await knownOf(stage, numbered, ids);
  const found = ids.flatMap((id) =>
    holders.map(async (holder, index) => {
      const has = held[index]?.get(id);
      const kind = kindOf(numbered, holder, known.get(id), has, seen.get(id));
      return kind && described(stage, numbered, holder, id, kind, known.get(id), has);
    }),
  );
  return (await Promise.all(found)).filter((one) => one !== undefined);
}

/** @param seen the publisher's version before messages in transit had arrived */
function kindOf(
  numbered: Numbered,
  holder: Holder,
  known: Known | undefined,
  held: Held | undefined,
  seen: number | undefined,
): Kind | undefined {
  const kind = classify(known ?? uncounted(numbered, held), held, numbered.rulesOf(holder));
  const hasChanged = known !== undefined && known.version !== seen;
  const hasFollowed = (held?.version ?? 0) >= (seen ?? 0);
  const mayArrive = kind !== undefined && (isLacking(kind) || kind === 'other-state');
  return hasChanged && hasFollowed && mayArrive ? undefined : kind;
}

/** A missing counter of commands counts as 0. */
const uncounted = ({ aggregates }: Numbered, held: Held | undefined): Known | undefined =>
  aggregates || !held ? undefined : { id: '', version: 0, erased: false, state: {} };

async function described(
  stage: StageClient,
  numbered: Numbered,
  holder: Holder,
  id: string,
  kind: Kind,
  known: Known | undefined,
  held: Held | undefined,
): Promise<Difference> {
  const [unpublished, parked] = await Promise.all([unpublishedOf(stage, numbered, id), parkedOf(stage, holder, id)]);
  const about: Difference = {
    ...{ channel: numbered.channel, consumer: holder.name, aggregate: id, kind },
    ...(known && { version: known.version }),
    ...(held && { applied: held.version }),
    ...(parked.length > 0 && { parked: [...new Set(parked.map(({ reason }) => reason))] }),
  };
  if (!known || !isLacking(kind)) return about;
  const aside = parked.map(({ version }) => version);
  const missing = lost(known, held, new Set([...unpublished, ...aside])).length;
  // A consumer that lacks only an erasure may lack no version.
  const waits = missing === 0 && known.version > (held?.version ?? 0);
  if (waits) return { ...about, kind: aside.length > 0 ? 'parked' : 'unpublished' };
  return { ...about, lost: missing };
}
