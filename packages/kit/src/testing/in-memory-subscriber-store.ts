import { chunk } from '../messaging/batches.ts';
import type { Cursor } from '../messaging/cursor.ts';
import type { MessagePosition } from '../messaging/message.ts';
import type { OutgoingMessage } from '../messaging/outgoing.ts';
import type {
  Claim,
  DiscardedMessage,
  Effect,
  Lease,
  ParkedKey,
  ParkedMessage,
  State,
  StateChange,
  SubscriberStore,
} from '../messaging/subscriber-store.ts';

/**
 * A subscriber store in memory with the semantics of DynamoDB's conditional writes. Records effects in order.
 * @public
 */
export class InMemorySubscriberStore implements SubscriberStore {
  readonly cursors = new Map<string, Cursor & { lease?: Lease }>();
  readonly effects: Array<{ aggregateId: string; version: number; effect: Effect }> = [];
  readonly waiting = new Map<string, ParkedMessage>();
  readonly discarded: DiscardedMessage[] = [];
  readonly changes: StateChange[] = [];
  /** Number of upcoming changes to refuse. */
  refusals = 0;
  readonly #states = new Map<string, Record<string, unknown>>();
  readonly #begun = new Map<string, number>();
  readonly #unsent = new Map<string, readonly OutgoingMessage[]>();

  async commit(aggregateId: string, after: number, next: Cursor, effect: Effect): Promise<Claim> {
    const claim = this.#move(aggregateId, after, next);
    if (claim.state !== 'done') return claim;
    this.effects.push({ aggregateId, version: next.version, effect });
    if (effect.send?.length) this.#unsent.set(unsentAt({ aggregateId, version: next.version }), effect.send);
    const { set = {}, remove = [] } = effect;
    const state = { ...this.#states.get(aggregateId), ...set };
    for (const name of remove) delete state[name];
    this.#states.set(aggregateId, state);
    return effect.writes?.length ? claim : { ...claim, committed: state };
  }

  async state(aggregateId: string): Promise<{ cursor: Cursor | undefined; state: State }> {
    return { cursor: await this.cursor(aggregateId), state: this.#states.get(aggregateId) ?? {} };
  }

  async isGivenUp({ aggregateId, version, messageId }: ParkedKey): Promise<boolean> {
    return this.discarded.some(
      (message) =>
        message.aggregateId === aggregateId &&
        message.version === version &&
        (message.skipped || message.messageId === messageId),
    );
  }

  /** Refuses as many changes as {@link refusals}, and accepts all later changes. */
  async change(change: StateChange): Promise<boolean> {
    this.changes.push(change);
    return this.refusals-- <= 0;
  }

  async lease(aggregateId: string, after: number, lease: Lease): Promise<Claim> {
    const claim = this.#check(aggregateId, after);
    if (claim.state !== 'done') return claim;
    const item = this.cursors.get(aggregateId);
    const isOtherOwner = item?.lease !== undefined && item.lease.owner !== lease.owner;
    if (isOtherOwner && item?.lease && item.lease.until >= lease.from) return { state: 'leased' };
    this.cursors.set(aggregateId, { ...(item ?? { version: 0 }), lease });
    return isOtherOwner ? { state: 'done', outcomeUnknown: true } : { state: 'done' };
  }

  async release(aggregateId: string, lease: Lease, outcomeUnknown: boolean): Promise<void> {
    const item = this.cursors.get(aggregateId);
    if (item?.lease?.owner !== lease.owner) return;
    if (outcomeUnknown) item.lease = { ...lease, until: new Date(0) };
    else delete item.lease;
  }

  async cursor(aggregateId: string): Promise<Cursor | undefined> {
    const item = this.cursors.get(aggregateId);
    return item?.version ? item : undefined;
  }

  async unsent(position: MessagePosition): Promise<readonly OutgoingMessage[]> {
    return this.#unsent.get(unsentAt(position)) ?? [];
  }

  async sent(position: MessagePosition, left: readonly OutgoingMessage[]): Promise<void> {
    if (left.length === 0) this.#unsent.delete(unsentAt(position));
    else if (this.#unsent.has(unsentAt(position))) this.#unsent.set(unsentAt(position), left);
  }

  async park(message: ParkedMessage, only?: 'new' | 'known'): Promise<void> {
    const before = this.waiting.get(keyOf(message));
    if (only === 'new' && before) return;
    if (only === 'known' && (!before || (message.body !== '' && message.body !== before.body))) return;
    this.waiting.set(keyOf(message), message);
  }

  async unpark(key: ParkedKey): Promise<void> {
    this.waiting.delete(keyOf(key));
  }

  async begin(key: ParkedKey): Promise<number> {
    const before = await this.begun(key);
    this.#begun.set(keyOf(key), before + 1);
    return before;
  }

  async begun(key: ParkedKey): Promise<number> {
    return this.#begun.get(keyOf(key)) ?? 0;
  }

  async end(key: ParkedKey): Promise<void> {
    this.#begun.delete(keyOf(key));
  }

  async parkedOf(aggregateId: string): Promise<ParkedMessage[]> {
    const queue = [...this.waiting.values()].filter((parked) => parked.aggregateId === aggregateId);
    return queue.sort((a, b) => a.version - b.version || (a.messageId < b.messageId ? -1 : 1));
  }

  /** Returns all messages in the first segment, two per page. Messages of one aggregate are adjacent, as in an index. */
  async *parked(segment: number): AsyncIterable<ParkedMessage[]> {
    if (segment > 0) return;
    const all = [...Map.groupBy(this.waiting.values(), ({ aggregateId }) => aggregateId).values()].flatMap((queue) =>
      queue.toSorted((a, b) => a.version - b.version),
    );
    yield* chunk(all, 2);
  }

  async discard(message: DiscardedMessage, move?: { after: number; next: Cursor }, rival?: ParkedKey): Promise<Claim> {
    const { aggregateId } = message;
    const isParked = (key: ParkedKey) => this.waiting.has(keyOf(key));
    if ((!move && !isParked(message)) || (rival && !isParked(rival))) return { state: 'moved', cursor: undefined };
    const claim = move ? this.#move(aggregateId, move.after, move.next) : ({ state: 'done' } as const);
    if (claim.state !== 'done') return claim;
    this.discarded.push({ ...message, ...(move && { skipped: true }) });
    this.waiting.delete(keyOf(message));
    if (message.reason === 'unsent') this.#unsent.delete(unsentAt(message));
    return claim;
  }

  async eraseLeft(aggregateId: string, but: string): Promise<void> {
    const emptied = <M extends ParkedMessage>({ error: _, ...message }: M): M =>
      ({ ...message, body: '' }) as unknown as M;
    const isAffected = (message: ParkedMessage) => message.aggregateId === aggregateId && message.messageId !== but;
    for (const [index, message] of this.discarded.entries())
      if (isAffected(message)) this.discarded[index] = emptied(message);
    for (const [key, message] of this.waiting) if (isAffected(message)) this.waiting.set(key, emptied(message));
  }

  #move(aggregateId: string, after: number, next: Cursor): Claim {
    const claim = this.#check(aggregateId, after);
    if (claim.state !== 'done') return claim;
    const baseline = next.baseline ?? this.cursors.get(aggregateId)?.baseline;
    this.cursors.set(aggregateId, {
      version: next.version,
      ...(baseline && { baseline }),
      ...(next.erased && { erased: true }),
    });
    return claim;
  }

  #check(aggregateId: string, after: number): Claim {
    const cursor = this.cursors.get(aggregateId);
    if ((cursor?.version ?? 0) === after && !cursor?.erased) return { state: 'done' };
    return { state: 'moved', cursor: cursor?.version ? cursor : undefined };
  }
}

const unsentAt = ({ aggregateId, version }: MessagePosition) => `${aggregateId}#${version}`;

const keyOf = ({ aggregateId, version, messageId }: ParkedKey) => `${aggregateId}#${version}#${messageId}`;
