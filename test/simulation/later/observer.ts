import type { Scheduler } from '@rollcall/kit/internal/testing/simulation/scheduler';
import type { Change } from '@rollcall/kit/internal/testing/simulation/table';
import type { Tables } from '@rollcall/kit/internal/testing/simulation/tables';
import type { Violation } from '../history.ts';
import { forgotten, LATER, ORDERS, OUTBOX } from './shop.ts';

/** The state of a scheduled message. */
type MessageState = 'scheduled' | 'sent' | 'removed';

/** Observes the state of each message in the tables and at the broker, independently of the responses of the kit. */
export class LaterObserver {
  readonly violations: Violation[] = [];
  readonly #scheduler: Scheduler;
  readonly #tables: Tables;
  /** The states of all scheduled messages, by message id. */
  readonly #states = new Map<string, MessageState>();
  readonly #committed = new Set<string>();
  readonly #published = new Set<string>();
  /** The ID of the message at each position of a channel's group. */
  readonly #positions = new Map<string, string>();
  /** The highest position that was sent, by channel and group. */
  readonly #last = new Map<string, number>();
  readonly #forgotten = new Set<string>();
  /** Instances that removed a scheduled message. */
  readonly #removers = new Set<string>();

  constructor(scheduler: Scheduler, tables: Tables) {
    this.#scheduler = scheduler;
    this.#tables = tables;
    tables.onWrite((changes, by) => {
      const committed = changes.flatMap((change) => this.#onCommitted(change));
      for (const change of changes) if (change.table === LATER) this.#onScheduleChange(change, committed, by.name);
      this.#checkForgotten();
    });
  }

  #addViolation(what: string): void {
    this.violations.push({ guarantee: 'later', what });
  }

  /** Called for each change. @returns the ids of messages in new outbox rows */
  #onCommitted({ table, before, after }: Change): string[] {
    if (table !== OUTBOX || before || !after) return [];
    return (after.messages as Array<{ body: string }>).map(({ body }) => {
      const { id } = JSON.parse(body);
      if (this.#committed.has(id)) this.#addViolation(`${id} was committed to be sent twice`);
      if (this.#states.get(id) === 'removed') this.#addViolation(`${id} was cancelled or replaced, but sent`);
      this.#committed.add(id);
      return id;
    });
  }

  #onScheduleChange({ before, after }: Change, committed: readonly string[], by: string): void {
    const [was, is] = [before?.messageId, after?.messageId] as [string | undefined, string | undefined];
    if (was === is) return;
    if (was !== undefined) this.#states.set(was, committed.includes(was) ? 'sent' : 'removed');
    if (was !== undefined && is === undefined) this.#removers.add(by);
    if (is !== undefined) this.#states.set(is, 'scheduled');
  }

  #checkForgotten(): void {
    const gone = this.#tables.items(ORDERS).flatMap(({ pk, isForgotten }) => (isForgotten ? [pk] : []));
    const left = this.#tables.items(LATER).find(({ subject }) => gone.includes(subject));
    if (left) this.#addViolation(`${left.messageId} about the deleted order ${left.subject} is scheduled`);
  }

  onCancelled(by: string): void {
    if (!this.#removers.has(by))
      this.#addViolation(`${by} got the response that a message is cancelled, but removed no message`);
  }

  /** Called for each message that the broker accepts. */
  onSent(channel: string, body: string): void {
    const { id, type, subject, sequence, data } = JSON.parse(body);
    const now = new Date(this.#scheduler.now).toISOString();
    this.#published.add(id);
    if (data.notBefore > now) this.#addViolation(`${id} was sent at ${now}, before its due time ${data.notBefore}`);
    if (!this.#committed.has(id)) this.#addViolation(`${id} was sent, but never committed`);
    if (sequence === undefined) return;
    const group = `${channel} ${subject}`;
    const position = Number(sequence);
    const holder = this.#positions.get(`${group} ${position}`) ?? id;
    this.#positions.set(`${group} ${position}`, holder);
    if (holder !== id) this.#addViolation(`${holder} and ${id} both have position ${position} of ${group}`);
    const last = this.#last.get(group) ?? 0;
    if (position > last + 1)
      this.#addViolation(`${id}, position ${position} of ${group}, was sent before position ${last + 1}`);
    this.#last.set(group, Math.max(last, position));
    if (channel !== 'order-events') return;
    if (this.#forgotten.has(subject) && position > last)
      this.#addViolation(`${id} about the deleted order ${subject} was sent`);
    if (type === forgotten.type) this.#forgotten.add(subject);
  }

  /** Checks the guarantees that must hold at rest. */
  checkAtRest(): void {
    for (const [id, state] of this.#states) if (state === 'scheduled') this.#addViolation(`${id} was never sent`);
    for (const id of this.#committed)
      if (!this.#published.has(id)) this.#addViolation(`${id} was committed, but never published`);
    for (const { pk, version } of this.#tables.items(ORDERS)) {
      const last = this.#last.get(`order-events ${pk}`);
      if (version !== undefined && version !== last)
        this.#addViolation(`${pk} has version ${version}, but the last sent version is ${last}`);
    }
  }
}
