import type { Cursor } from '../../shared/messaging/cursor.ts';
import type { Claim, Effect, ParkedMessage, SubscriberStore } from '../../shared/messaging/subscriber-store.ts';

/** A subscriber's table, as DynamoDB's conditional writes make it behave. Keeps the effects in order. */
export class InMemorySubscriberStore implements SubscriberStore {
  readonly cursors = new Map<string, Cursor & { leasedUntil?: Date }>();
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

  async lease(aggregateId: string, after: number, now: Date, until: Date): Promise<Claim> {
    const claim = this.#check(aggregateId, after);
    if (claim.state !== 'done') return claim;
    const cursor = this.cursors.get(aggregateId);
    if (cursor?.leasedUntil && cursor.leasedUntil >= now) return { state: 'leased' };
    this.cursors.set(aggregateId, { ...(cursor ?? { version: 0 }), leasedUntil: until });
    return { state: 'done' };
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
