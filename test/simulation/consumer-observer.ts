import { parkedMessageOf } from '@rollcall/kit/internal/messaging/dynamodb-subscriber-store/parked';
import { isErasing, type MessagePosition } from '@rollcall/kit/internal/messaging/message';
import type { DiscardedMessage, ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import type { Mode, Purpose } from '@rollcall/kit/internal/testing/simulation/consumer';
import type { Item } from '@rollcall/kit/internal/testing/simulation/expressions';
import type { Instance } from '@rollcall/kit/internal/testing/simulation/scheduler';
import type { Tables } from '@rollcall/kit/internal/testing/simulation/tables';
import { NO_PHONE } from '../../functions/sms/commands.ts';
import type { Breakage, Trace } from './handlers.ts';
import type { ConsumerHistory, ConsumerRecord, Version } from './history.ts';
import { modeOf, type Service } from './services.ts';
import type { Switches } from './switches.ts';

/** The purpose for which an instance applies messages, and whether the consumer's capability allows this. */
interface Permit {
  purpose: Purpose;
  /** Whether the capability was off at every check of the instance. Undefined: the instance has not checked it. */
  isOff?: boolean;
  /** IDs of the messages that the instance began to retry while they were not held. */
  retried: Set<unknown>;
}

export interface ConsumerObserverOptions {
  name: string;
  parked: () => ParkedMessage[];
  service: Service;
  tables: Tables;
  switches: Switches;
  early: boolean;
  breakage: (place: MessagePosition) => Breakage | undefined;
  textsOf: (place: MessagePosition) => number;
}

/** Observes the writes to a consumer's table, and reads the table at the end. */
export class ConsumerObserver {
  readonly history: ConsumerRecord;
  readonly #options: ConsumerObserverOptions;
  readonly #permits = new WeakMap<Instance, Permit>();
  /** The subjects of the commands and replies that the consumer's queue accepted, by message ID. */
  readonly #subjects = new Map<string, string>();
  #reported = new Set<string>();

  constructor(options: ConsumerObserverOptions) {
    this.#options = options;
    const { service, early, tables } = options;
    this.history = {
      source: service.source,
      isSubscriber: service.of.kind === 'topic',
      mode: modeOf(service),
      ...{
        early,
        delivered: [],
        applied: [],
        discarded: [],
        givenUp: [],
        forbidden: [],
        wrongStates: [],
        garbage: 0,
        unfinished: new Set(),
      },
    };
    tables.onWrite((changes, by) => {
      const ownChanges = changes.filter(({ table }) => table === options.name);
      for (const { before, after } of ownChanges) {
        if (after?.reason === 'retry' && before?.reason !== 'held') this.#permits.get(by)?.retried.add(after.messageId);
        if (after?.trace && after.trace !== before?.trace) this.#onApplied(after.trace as Trace, by);
      }
      for (const { before, after } of ownChanges) {
        // A message can be discarded twice if a concurrent redrive parks it again.
        const isNew = !before || (after?.skipped && !before.skipped);
        if (isNew && String(after?.sk).startsWith('discarded#')) this.#onDiscarded(after as Item);
      }
    });
  }

  permit(instance: Instance, purpose: Purpose): void {
    this.#permits.set(instance, { purpose, retried: new Set() });
  }

  /** Called when an instance has checked the mode of the consumer's capability. */
  onMode(instance: Instance, mode: Mode): void {
    const permit = this.#permits.get(instance);
    if (permit) permit.isOff = mode !== 'on' && permit.isOff !== false;
  }

  /**
   * Called when a sweep starts.
   * @returns an empty set, to which the caller adds the aggregates that this sweep reports
   */
  beginSweep(): Set<string> {
    this.#reported = new Set();
    return this.#reported;
  }

  readonly onSent = (body: string): void => {
    const { id, subject, sequence } = JSON.parse(body);
    const { mode } = this.history;
    this.#subjects.set(id, subject);
    if (mode !== 'idempotent')
      this.history.delivered.push(
        mode === 'unordered' ? { aggregateId: id, version: 1 } : { aggregateId: subject, version: Number(sequence) },
      );
  };

  readonly onState = ({ aggregateId, version }: MessagePosition, stateVersion: number): void => {
    // A late subscriber starts without a cursor.
    const isBefore = stateVersion === version - 1 || (stateVersion === 0 && !this.history.early);
    if (!isBefore)
      this.history.wrongStates.push(`the handler of ${aggregateId} v${version} got the state of v${stateVersion}`);
  };

  readonly onDelivered = (aggregateId: string, version: number): void => {
    this.history.delivered.push({ aggregateId, version });
  };

  get parked(): ParkedMessage[] {
    return this.#options.parked();
  }

  #onApplied({ aggregateId, version, messageId, type, isHeld }: Trace, by: Instance): void {
    const { service, textsOf } = this.#options;
    const { applied, forbidden } = this.history;
    applied.push({ aggregateId, version, textsBefore: textsOf({ aggregateId, version }) });
    // Switches and holds do not apply to an erasure.
    const permit = this.#permits.get(by);
    if (!permit || isErasing({ type }, service.reads)) return;
    const what = `${aggregateId} v${version}`;
    const parked = this.parked.find((one) => one.messageId === messageId);
    // The queue may redeliver a message that is parked as held. The consumer then applies it like a new message.
    // It may also park a message as held while a sweep or a redrive retries it.
    const mayBeHeld = ['release', 'consume'].includes(permit.purpose) || permit.retried.has(messageId);
    if (parked?.reason === 'held' && !mayBeHeld) forbidden.push(`${what}, which was held, by a ${permit.purpose}`);
    if (isHeld && permit.purpose !== 'release') forbidden.push(`${what}, which a rule holds, by a ${permit.purpose}`);
    if (permit.isOff) forbidden.push(`${what} while it was switched off`);
  }

  #onDiscarded(item: Item): void {
    const { aggregateId, version, reason, skipped } = parkedMessageOf(item) as DiscardedMessage;
    // The effect of the message is already committed. The discard concerns only the unsent replies.
    if (reason === 'unsent') {
      this.history.givenUp.push({ aggregateId, version });
      return;
    }
    const isOnlyOne = !this.parked.some((other) => other.aggregateId === aggregateId && other.version === version);
    // If another message with the same version is parked, the version is not discarded: that message must be applied.
    if (skipped || isOnlyOne || version === 0) this.history.discarded.push({ aggregateId, version });
  }

  /**
   * Completes the history for the checker.
   * @param canWork whether the consumer's handlers have the data about a member that they need
   */
  finalHistory(
    committed: readonly Version[],
    secrets: ReadonlyMap<string, string[]>,
    canWork: (memberId: string) => boolean,
  ): ConsumerHistory {
    const { breakage, name, tables, switches, service } = this.#options;
    const items = tables.items(name);
    const { parked } = this;
    // If the function crashes repeatedly by chance while it processes a message, the kit treats the message as broken.
    // A message that failed because the member's phone is unknown waits for an operator, even if the member has been
    // deactivated since.
    const alsoBroken = parked.filter(
      ({ reason, unanswered, error = '' }) =>
        reason === 'failed' && (unanswered !== undefined || error.includes(NO_PHONE)),
    );
    const broken = [...committed, ...this.history.delivered].filter(
      (place) => breakage(place) !== undefined || !canWork(this.#subjects.get(place.aggregateId) ?? place.aggregateId),
    );
    const discarded = items.filter(({ sk }) => String(sk).startsWith('discarded#')).map(parkedMessageOf);
    return {
      ...this.history,
      broken: [...broken, ...alsoBroken],
      isOff: switches.modeOf(service.capability) !== 'on',
      parked,
      kept: [...parked, ...discarded].filter(({ body }) => body !== ''),
      membersWithData: new Set(
        [...secrets].filter(([memberId, known]) => containsSecret(items, memberId, known)).map(([id]) => id),
      ),
      reported: this.#reported,
    };
  }
}

/** Whether the stored items about a member contain one of the member's secrets. */
function containsSecret(items: readonly Item[], memberId: string, secrets: readonly string[]): boolean {
  const text = JSON.stringify(items.filter(({ pk }) => pk === memberId));
  return secrets.some((secret) => text.includes(secret));
}
