import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { transact } from '@rollcall/kit/internal/aws/transact';
import { outboxRowOf } from '@rollcall/kit/internal/messaging/draft';
import { type OutboxRow, outboxPut, type TransactItem } from '@rollcall/kit/internal/messaging/outbox';
import { v7 as newId } from 'uuid';
import type { Stage } from '../stage/stage.ts';
import type { Aggregates } from './aggregates.ts';
import { type Held, type Known, lost } from './classify.ts';
import { type Numbered, sourceOf } from './numbered.ts';
import { heldOf, knownOf, parkedOf, unpublishedOf } from './tables.ts';

/** All that the publisher and the consumers of one subject say. */
interface Everything {
  known: Known | undefined;
  held: Held[];
  unpublished: number[];
  /** Of consumers that are to have every version. */
  lost: number[];
  parked: number[];
}

/** A transaction takes 100 items (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html). */
const MAX_ROWS = 99;

async function everythingOf(stage: Stage, numbered: Numbered, id: string): Promise<Everything> {
  const { holders } = numbered;
  const of = await Promise.all(
    holders.map(async (holder) => ({
      joinsLate: holder.joinsLate,
      held: (await heldOf(stage, holder, [id])).get(id),
      parked: (await parkedOf(stage, holder, id)).map(({ version }) => version),
    })),
  );
  const unpublished = await unpublishedOf(stage, numbered, id);
  // After what consumers hold: then it is not behind them because of a change in between.
  const known = (await knownOf(stage, numbered, [id])).get(id);
  const lacking = of.flatMap(({ joinsLate, held, parked }) => {
    if (!known || held?.erased || (!held && (joinsLate || known.erased))) return [];
    // From the event that erases on, nothing else counts: it is the next.
    if (known.erased) return [(held?.version ?? 0) + 1];
    return lost(known, held, new Set([...parked, ...unpublished]));
  });
  return {
    ...{ known, unpublished },
    held: of.flatMap(({ held }) => held ?? []),
    lost: [...new Set(lacking)].sort((a, b) => a - b),
    parked: of.flatMap(({ parked }) => parked),
  };
}

/** The event that tells the state, as a row of the outbox; undefined: the app has none. */
function rowOf(aggregates: Aggregates, { id, state }: Known, version: number): OutboxRow | undefined {
  const { topic, stateAt } = aggregates;
  const draft = stateAt?.(state, version);
  if (!draft) return undefined;
  const { large, ...channel } = topic;
  const placing = { source: sourceOf(topic), subject: id, aggregateId: id, version };
  const row = outboxRowOf(channel, draft, placing, { now: new Date(), newId });
  return large && draft.contract.erases ? { ...row, erases: true } : row;
}

/** @returns false, if somebody else has changed the subject in between */
async function written(stage: Stage, items: TransactItem[]): Promise<boolean> {
  try {
    await transact(stage.dynamodb, items);
    return true;
  } catch (error) {
    const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
    if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) return false;
    throw error;
  }
}

/** That the publisher's item counts so many versions. */
const countsStill = ({ version: attribute }: Numbered, version: number) => ({
  ConditionExpression: version === 0 ? 'attribute_not_exists(#version)' : '#version = :before',
  ExpressionAttributeNames: { '#version': attribute },
});

/**
 * Raises a version above all that consumers have seen, as they would take the next messages for duplicates, and tells them
 * the state at the version that follows: in one transaction.
 * @returns whether it did: not if that is no longer so, or a consumer knows that the subject has left
 */
export async function raise(stage: Stage, numbered: Numbered, id: string): Promise<boolean> {
  const { aggregates, table, outbox, key } = numbered;
  const { known, held, unpublished, parked } = await everythingOf(stage, numbered, id);
  if ((aggregates && !known) || known?.erased || held.some(({ erased }) => erased)) return false;
  const before = known?.version ?? 0;
  const highest = Math.max(before, ...unpublished, ...parked, ...held.map(({ version }) => version));
  const row = aggregates && known && rowOf(aggregates, known, highest + 1);
  const version = row ? row.version : highest;
  if (version === before) return false;
  const update = {
    ...{ TableName: stage.table(table), Key: key(id), ...countsStill(numbered, before) },
    UpdateExpression: 'SET #version = :version',
    ExpressionAttributeValues: { ':version': version, ...(before > 0 && { ':before': before }) },
  };
  return written(stage, [{ Update: update }, ...(row ? [outboxPut(stage.table(outbox), row)] : [])]);
}

/**
 * Publishes the versions again that a consumer lacks: each tells the state as it is now. Who has them takes them for duplicates.
 * @returns how many
 */
export async function tellAgain(stage: Stage, numbered: Numbered, id: string): Promise<number> {
  const { aggregates, table, outbox, key } = numbered;
  if (!aggregates) return 0;
  const { known, held, lost: versions } = await everythingOf(stage, numbered, id);
  const hasLeft = held.some(({ erased }) => erased) && !known?.erased;
  if (!known || hasLeft) return 0;
  const rows = versions.slice(0, MAX_ROWS).map((version) => rowOf(aggregates, known, version));
  if (rows.length === 0 || rows.some((row) => row === undefined)) return 0;
  const check = {
    ...{ TableName: stage.table(table), Key: key(id), ...countsStill(numbered, known.version) },
    ExpressionAttributeValues: { ':before': known.version },
  };
  const puts = rows.flatMap((row) => (row ? [outboxPut(stage.table(outbox), row)] : []));
  return (await written(stage, [{ ConditionCheck: check }, ...puts])) ? puts.length : 0;
}
