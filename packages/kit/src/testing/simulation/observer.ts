import type { ConsumerDescriptor } from '../../contracts/consumer.ts';
import { isErasing, type Message, type MessagePosition, positionOf } from '../../messaging/message.ts';
import type { Consumer } from './consumer.ts';
import type { Tables } from './tables.ts';

const nameOf = ({ aggregateId, version }: MessagePosition) => `${aggregateId} v${version}`;

/** Records the messages that one consumer applies, and finds missing messages when the simulation is at rest. */
export class ConsumerObserver {
  readonly applied: MessagePosition[] = [];
  readonly #descriptor: ConsumerDescriptor;
  readonly #consumer: Consumer;
  readonly #last = new Map<string, number>();

  /** @param onViolation called if a message is applied out of order */
  constructor(descriptor: ConsumerDescriptor, consumer: Consumer, tables: Tables, onViolation: (what: string) => void) {
    this.#descriptor = descriptor;
    this.#consumer = consumer;
    tables.onWrite((changes) => {
      for (const { table, before, after } of changes) {
        const isCursor = table === descriptor.name && after?.sk === descriptor.cursorKey;
        if (!isCursor || after.version === undefined || after.version === before?.version) continue;
        const position = { aggregateId: String(after.pk), version: Number(after.version) };
        const last = this.#last.get(position.aggregateId) ?? (descriptor.joinsLate ? position.version - 1 : 0);
        this.#last.set(position.aggregateId, position.version);
        this.applied.push(position);
        if (position.version !== last + 1)
          onViolation(`${descriptor.name} applied ${nameOf(position)} when v${last + 1} was next`);
      }
    });
  }

  /**
   * Describes a message that the consumer should have applied but has not; undefined if there is no such message.
   * @param expected the messages of the consumer's channel that its filter does not drop
   * @param mayPark whether messages may stay parked
   */
  missing(expected: readonly Message[], mayPark: boolean): string | undefined {
    const { name, reads, of, joinsLate, idempotent } = this.#descriptor;
    const { parked } = this.#consumer;
    const stuck = parked.find(({ reason }) => !(joinsLate && reason === 'below-baseline'));
    if (stuck && !mayPark) {
      const { type = 'a message', reason, error = 'it waits for a version that does not arrive' } = stuck;
      return `${name} has not applied ${nameOf(stuck)} (${type}): it is parked as ${reason}: ${error}`;
    }
    // An idempotent consumer has no cursors that show its applied messages.
    if (idempotent) return undefined;
    const erasing = new Set(reads.filter((contract) => isErasing(contract, reads)).map(({ type }) => type));
    const known = new Set([...this.applied, ...parked].map(nameOf));
    // After an erasure, a late subscriber has no record of messages below its baseline.
    const erased = new Set(expected.filter(({ type }) => joinsLate && erasing.has(type)).map(({ subject }) => subject));
    const lost = expected.find(
      (message) => !erased.has(message.subject) && !known.has(nameOf(positionOf(message, !of.ordered))),
    );
    return lost && `${name} has neither applied nor parked ${nameOf(positionOf(lost, !of.ordered))} (${lost.type})`;
  }
}
