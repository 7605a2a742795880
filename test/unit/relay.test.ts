import type { Outbox, OutboxRow } from '@rollcall/kit/internal/messaging/outbox';
import type { OutgoingMessage } from '@rollcall/kit/internal/messaging/outgoing';
import { createRelay } from '@rollcall/kit/internal/messaging/relay';
import type { Sender } from '@rollcall/kit/internal/messaging/sender';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outboxRow, outgoingMessage } from '../support/builders.ts';

const idOf = ({ aggregateId, version }: OutboxRow) => `${aggregateId}/${version}`;

/** An outbox in memory, and a broker that refuses the given message IDs. */
function world(rows: OutboxRow[], refused: ReadonlySet<string> = new Set()) {
  const pending = [...rows];
  const queries: string[] = [];
  const calls: OutgoingMessage[][] = [];
  const outbox: Outbox = {
    async pendingUpTo(aggregateId, version) {
      queries.push(aggregateId);
      return pending
        .filter((row) => row.aggregateId === aggregateId && row.version <= version)
        .toSorted((a, b) => a.version - b.version);
    },
    async remove(done) {
      for (const row of done) {
        const index = pending.findIndex((other) => idOf(other) === idOf(row));
        if (index >= 0) pending.splice(index, 1);
      }
      return [];
    },
    async *scan() {
      yield pending;
    },
  };
  const sender: Sender = {
    async send(batch) {
      calls.push([...batch]);
      return new Map(batch.filter(({ messageId }) => refused.has(messageId)).map((one) => [one, new Error('refused')]));
    },
  };
  const published = () =>
    calls
      .flat()
      .filter(({ messageId }) => !refused.has(messageId))
      .map(({ messageId }) => messageId);
  return { relay: createRelay({ outbox, sender }), pending, queries, calls, published };
}

describe('relay', () => {
  it('publishes a first version without a query of the outbox', async () => {
    const row = outboxRow('a', 1);
    const { relay, queries, published, pending } = world([row]);
    await relay.publishPending([row]);
    expect({ queries, published: published(), pending }).toEqual({ queries: [], published: ['a/1'], pending: [] });
  });

  it('starts at the lowest pending version, for any doorbell', async () => {
    const rows = [outboxRow('a', 2), outboxRow('a', 3), outboxRow('a', 4)];
    const { relay, published } = world(rows);
    await relay.publishPending([outboxRow('a', 4), outboxRow('a', 3)]);
    expect(published()).toEqual(['a/2', 'a/3', 'a/4']);
  });

  it('leaves versions above the doorbell to their own doorbells, because their predecessors may not be visible yet', async () => {
    const { relay, published } = world([outboxRow('a', 2), outboxRow('a', 4)]);
    await relay.publishPending([outboxRow('a', 2)]);
    expect(published()).toEqual(['a/2']);
  });

  it('never sends two versions of one aggregate in one call', async () => {
    const rows = [outboxRow('a', 1), outboxRow('a', 2), outboxRow('b', 1), outboxRow('b', 2)];
    const { relay, calls } = world(rows);
    await relay.publishPending(rows);
    expect(calls.map((call) => call.map(({ messageId }) => messageId))).toEqual([
      ['a/1', 'b/1'],
      ['a/2', 'b/2'],
    ]);
  });

  it('keeps a row until every rendition of its event is confirmed', async () => {
    const row = outboxRow('a', 1);
    row.messages.push(outgoingMessage('a', 'other rendition'));
    const { relay, pending } = world([row], new Set(['other rendition']));
    expect([...(await relay.publishPending([row])).failed.keys()]).toEqual(['a']);
    expect(pending).toEqual([row]);
  });

  it('keeps a row without messages, and publishes the others', async () => {
    const { messages: _, ...broken } = outboxRow('a', 1);
    const { relay, published, pending } = world([broken as OutboxRow, outboxRow('b', 1)]);
    const { failed } = await relay.publishPending(pending.slice());
    expect([published(), pending]).toEqual([['b/1'], [broken]]);
    expect(failed.get('a')?.message).toBe('the outbox row has no readable messages');
  });

  it('stops an aggregate at its first failure, keeps its rows, and continues with the others', async () => {
    const rows = [outboxRow('a', 1), outboxRow('a', 2), outboxRow('a', 3), outboxRow('b', 1)];
    const { relay, published, pending } = world(rows, new Set(['a/2']));
    const report = await relay.publishPending(rows);
    expect(published()).toEqual(['a/1', 'b/1']);
    expect(pending.map(idOf)).toEqual(['a/2', 'a/3']);
    expect([...report.failed.keys()]).toEqual(['a']);
  });

  it('publishes every aggregate in order, for any doorbells and failures', async () => {
    const history = fc.record({
      versions: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
      refused: fc.integer({ min: 0, max: 7 }),
      doorbells: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(history, async ({ versions, refused, doorbells }) => {
        const last = Math.max(...versions);
        const rows = Array.from({ length: last }, (_, index) => outboxRow('a', index + 1));
        const { relay, published } = world(rows, new Set([`a/${refused}`]));
        for (const version of doorbells.filter((doorbell) => doorbell <= last))
          await relay.publishPending([outboxRow('a', version)]);
        const publishedVersions = published().map((id) => Number(id.split('/')[1]));
        // Each version is published for the first time only after all lower versions.
        const seen = new Set<number>();
        for (const version of publishedVersions) {
          for (let lower = 1; lower < version; lower++) expect(seen).toContain(lower);
          seen.add(version);
        }
      }),
    );
  });

  it('reports rows that were published but could not be deleted', async () => {
    const row = outboxRow('a', 1);
    const relay = createRelay({
      outbox: { pendingUpTo: async () => [row], remove: async (rows) => [...rows], scan: async function* () {} },
      sender: { send: async () => new Map() },
    });
    expect([...(await relay.publishPending([row])).failed.keys()]).toEqual(['a']);
  });
});
