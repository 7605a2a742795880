import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import type { Member } from '../../functions/registration/member.ts';
import type { MemberStore, PhoneGuard } from '../../functions/registration/store.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import type { Outbox, OutboxRow } from '../../shared/messaging/outbox.ts';
import type { OutgoingMessage } from '../../shared/messaging/outgoing.ts';
import type { History } from './history.ts';
import type { Choices, Instance, Scheduler } from './scheduler.ts';

const STREAM_RETRIES = 3;
/** How often a query looks before it answers. */
const LOOKS = 3;

/** The members table and the outbox: transactions, a stream, and queries that are not isolated. */
export class MembersAndOutbox {
  readonly #scheduler: Scheduler;
  readonly #choices: Choices;
  readonly #history: Pick<History, 'committed' | 'left'>;
  readonly #members = new Map<string, NonNullable<Awaited<ReturnType<MemberStore['find']>>>>();
  readonly #guards = new Map<string, PhoneGuard>();
  /** Lets somebody write in the middle of a query. */
  meanwhile: () => Promise<void> = async () => {};
  readonly rows: OutboxRow[] = [];
  /** Records that the relay has not dealt with, and how often each failed. */
  readonly stream: Array<{ row: OutboxRow; failures: number }> = [];

  constructor(scheduler: Scheduler, choices: Choices, history: Pick<History, 'committed' | 'left'>) {
    this.#scheduler = scheduler;
    this.#choices = choices;
    this.#history = history;
  }

  #commit(row: OutboxRow): void {
    this.rows.push(row);
    // Different items, so in any order.
    this.stream.splice(this.#choices.below(this.stream.length + 1), 0, { row, failures: 0 });
    const { aggregateId, version } = row;
    for (const { messageId } of row.messages) this.#history.committed.push({ aggregateId, version, messageId });
  }

  membersOf(instance: Instance): MemberStore {
    const call = <T>(what: string, effect: () => T) => this.#scheduler.call(instance, what, effect);
    const replace = (what: string, member: Member, row: OutboxRow) =>
      call(what, () => {
        const before = this.#members.get(member.id);
        if (before?.status !== 'active' || before.version !== member.version - 1) return false;
        this.#members.set(member.id, member);
        this.#commit(row);
        if (member.status === 'deactivated')
          this.#history.left.push({ aggregateId: member.id, version: member.version });
        return true;
      });
    return {
      find: (id) => call('reads the member', () => this.#members.get(id)),
      insert: (member, guard, row) =>
        call('inserts the member', () => {
          const held = this.#guards.get(member.phone);
          if (held) return held;
          this.#guards.set(member.phone, guard);
          this.#members.set(member.id, member);
          this.#commit(inBothRenditions(row));
          return undefined;
        }),
      change: (member, row) => replace('changes the member', member, row),
      // The guard stays, so that each phone belongs to one member: nobody registers it again here.
      deactivate: (member, _, row) => replace('deactivates the member', member, row),
    };
  }

  outboxOf(instance: Instance): Outbox {
    const call = <T>(what: string, effect: () => T) => this.#scheduler.call(instance, what, effect);
    return {
      /** Takes a while: what came or went meanwhile may be in the answer or not, whatever its version. */
      pendingUpTo: async (aggregateId, version) => {
        const look = () => this.rows.filter((row) => row.aggregateId === aggregateId && row.version <= version);
        const looks: OutboxRow[][] = [];
        for (let index = 0; index < LOOKS; index++) {
          looks.push(await call(`queries ${aggregateId}`, look));
          if (this.#choices.below(8) === 7) await this.meanwhile();
        }
        const seen = [...new Set(looks.flat())];
        const sure = seen.filter((row) => looks.every((rows) => rows.includes(row)));
        const unsure = seen.filter((row) => !sure.includes(row));
        return [...sure, ...unsure.filter(() => this.#choices.below(2) === 0)].sort((a, b) => a.version - b.version);
      },
      remove: (done) =>
        call(`deletes ${done.map(placeOf)}`, () => {
          const left = done.filter(() => this.#choices.below(8) === 7);
          for (const row of done) {
            const index = this.rows.findIndex((other) => placeOf(other) === placeOf(row));
            if (index >= 0 && !left.includes(row)) this.rows.splice(index, 1);
          }
          return left;
        }),
      scan: (segment) => this.#scan(segment, call),
    };
  }

  /** A page an aggregate. */
  async *#scan(segment: number, call: <T>(what: string, effect: () => T) => Promise<T>): AsyncIterable<OutboxRow[]> {
    if (segment > 0) return;
    const aggregates = await call('scans', () => [...new Set(this.rows.map(({ aggregateId }) => aggregateId))]);
    for (const aggregateId of aggregates) {
      yield call(`scans ${aggregateId}`, () => this.rows.filter((row) => row.aggregateId === aggregateId));
    }
  }

  /** Takes a batch from the stream; its records come again unless they are `done`. */
  takeRecords(): Array<{ row: OutboxRow; failures: number }> {
    const size = 1 + this.#choices.below(this.stream.length);
    const start = this.#choices.below(this.stream.length);
    return [...this.stream.slice(start), ...this.stream.slice(0, start)].slice(0, size);
  }

  /** @param failed index of the first record that failed, as Lambda takes it: all later ones come again */
  recordsDone(batch: Array<{ row: OutboxRow; failures: number }>, failed: number): void {
    for (const [index, record] of batch.entries()) {
      const at = this.stream.indexOf(record);
      // Now and then a record that was dealt with comes once more.
      const again = this.#choices.below(8) === 7;
      if (index >= failed) record.failures++;
      const over = index < failed ? !again : record.failures > STREAM_RETRIES;
      if (at >= 0 && over) this.stream.splice(at, 1);
    }
  }
}

/** What tells rows apart. */
export const placeOf = ({ aggregateId, version }: OutboxRow) => `${aggregateId} v${version}`;

export const streamRecord = (row: OutboxRow): DynamoDBRecord => ({
  eventName: 'INSERT',
  dynamodb: { SequenceNumber: placeOf(row), NewImage: marshall(row) as never },
});

/** As while a service moves its readers from one version of an event to the next: two renditions, each with an id of its own. */
function inBothRenditions(row: OutboxRow): OutboxRow {
  const [newer] = row.messages as [OutgoingMessage];
  const event = JSON.parse(newer.body);
  const { displayName, givenName: _, familyName: __, ...data } = event.data;
  const [older, other] = [memberRegistered.type, memberRegisteredV2.type];
  const [id, name] = [`${event.id} in v1`, displayName];
  const first = { ...event, id, type: older, alternatetype: other, data: { ...data, name } };
  return {
    ...row,
    messages: [
      { ...newer, messageId: id, type: older, alternateType: other, body: JSON.stringify(first) },
      { ...newer, alternateType: older, body: JSON.stringify({ ...event, alternatetype: older }) },
    ],
  };
}
