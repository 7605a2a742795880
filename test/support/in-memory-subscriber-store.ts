import type { Cursor } from '../../shared/messaging/cursor.ts';
import type { Claim, Effect, Lease, ParkedMessage, SubscriberStore } from '../../shared/messaging/subscriber-store.ts';

/** A subscriber's table, as DynamoDB's conditional writes make it behave. Keeps the effects in order. */
export class InMemorySubscriberStore implements SubscriberStore {
  readonly cursors = new Map<string, Cursor & { lease?: Lease }>();
  readonly effects: Array<{ aggregateId: string; version: number; effect: Effect }> = [];
  readonly waiting = new Map<string, ParkedMessage>();

  async commit(aggregateId: string, after: number, next: Cursor, effect: Effect): Promise<Claim> {
    const claim = this.#check(aggregateId, after);
    if (claim.state !== 'done') return claim;
    const baseline = next.baseline ?? this.cursors.get(aggregateId)?.baseline;
    this.cursors.set(aggregateId, { version: next.version, ...(baseline && { baseline }) });
    this.effects.push({ aggregateId, version: next.version, effect });
    return { state: 'done' };
  }

  async lease(aggregateId: string, after: number, lease: Lease): Promise<Claim> {
    const claim = this.#check(aggregateId, after);
    if (claim.state !== 'done') return claim;
    const item = this.cursors.get(aggregateId);
    if (item?.lease && item.lease.until >= lease.from && item.lease.owner !== lease.owner) return { state: 'leased' };
    this.cursors.set(aggregateId, { ...(item ?? { version: 0 }), lease });
    return { state: 'done' };
  }

  async release(aggregateId: string, { owner }: Lease): Promise<void> {
    const item = this.cursors.get(aggregateId);
    if (item?.lease?.owner === owner) delete item.lease;
  }

  async cursor(aggregateId: string): Promise<Cursor | undefined> {
    const item = this.cursors.get(aggregateId);
    return item?.version ? item : undefined;
  }

  async park(message: ParkedMessage): Promise<void> {
    this.waiting.set(`${message.aggregateId}#${message.version}`, message);
  }

  async unpark({ aggregateId, version }: Pick<ParkedMessage, 'aggregateId' | 'version'>): Promise<void> {
    this.waiting.delete(`${aggregateId}#${version}`);
  }

  async hasParkedBelow(aggregateId: string, version: number): Promise<boolean> {
    return this.waiting.values().some((parked) => parked.aggregateId === aggregateId && parked.version < version);
  }

  async *parked(): AsyncIterable<ParkedMessage[]> {
    yield [...this.waiting.values()];
  }

  #check(aggregateId: string, after: number): Claim {
    const cursor = this.cursors.get(aggregateId);
    if ((cursor?.version ?? 0) === after) return { state: 'done' };
    return { state: 'moved', cursor: cursor?.version ? cursor : undefined };
  }
}
