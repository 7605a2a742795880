import type { ConsumerHistory, Version, Violation } from './history.ts';
import { has, nameOf, versionsOf } from './versions.ts';

/**
 * Checks guarantees of docs/reliability.md. G3: each version is applied once, and in order. G5: no effect is applied
 * without its SMS. Holding: a held message is applied only by a release, or by a redelivery after the hold has ended.
 * Messages of a switched-off capability are not applied. Erasing events are exempt.
 */
export function checkConsumer([name, consumer]: [string, ConsumerHistory]): Violation[] {
  const violations: Violation[] = consumer.forbidden.map((what) => ({
    guarantee: 'holding',
    what: `${name} applied ${what}`,
  }));
  violations.push(
    ...consumer.wrongStates.map((what) => ({
      guarantee: 'G3' as const,
      what: `${name} got the wrong state: ${what}`,
    })),
  );
  const last = new Map<string, number>();
  for (const message of consumer.applied) {
    const skipped = versionsOf(consumer.discarded, message.aggregateId);
    const first = consumer.early ? 1 : message.version;
    let expected = (last.get(message.aggregateId) ?? first - 1) + 1;
    while (expected < message.version && skipped.includes(expected)) expected++;
    if (message.version !== expected) {
      const what = `${name} applied ${nameOf(message)} instead of version ${expected}`;
      violations.push({ guarantee: 'G3', what });
    }
    last.set(message.aggregateId, message.version);
    if (name === 'sms' && message.version === 1 && message.textsBefore === 0) {
      violations.push({ guarantee: 'G5', what: `${nameOf(message)} was applied, but no SMS was sent for it` });
    }
  }
  return violations;
}

export const checkConsumerAtRest = ([name, consumer]: [string, ConsumerHistory], deactivations: readonly Version[]) => [
  ...checkUnreadable(name, consumer),
  ...consumer.delivered.flatMap((message) => checkDelivered(name, consumer, message, deactivations)),
  ...(consumer.isSubscriber ? checkErased(name, consumer, deactivations) : []),
];

function checkUnreadable(name: string, { parked, discarded, garbage }: ConsumerHistory): Violation[] {
  const unreadable =
    parked.filter(({ reason }) => reason === 'unreadable').length +
    discarded.filter(({ version }) => version === 0).length;
  if (unreadable >= garbage) return [];
  return [{ guarantee: 'G1', what: `${name} has ${unreadable} of ${garbage} unreadable messages` }];
}

/**
 * G1: delivered messages are applied, discarded or parked. G4: a parked message has failed, is held, or is behind
 * such a message. The sweep reports it to operators, unless it is held or behind a held message.
 */
function checkDelivered(
  name: string,
  consumer: ConsumerHistory,
  message: Version,
  deactivations: readonly Version[],
): Violation[] {
  const { aggregateId, version } = message;
  const what = nameOf(message);
  const parked = consumer.parked.find((one) => has([one], message));
  const isApplied = has(consumer.applied, message);
  const isDiscarded = has(consumer.discarded, message);
  if (isApplied && isDiscarded) return [{ guarantee: 'G3', what: `${name} applied and discarded ${what}` }];
  if (isApplied || isDiscarded) {
    // A held message may be redelivered and applied while it stays parked. An operator who releases it sees that it was
    // already applied.
    if (!parked || parked.reason === 'unsent' || parked.reason === 'held') return [];
    // The discard of a message below the baseline moves no cursor, so a redelivery parks the message again.
    if (isDiscarded && parked.reason === 'below-baseline') return [];
    return [
      {
        guarantee: 'G4',
        what: `${name} keeps ${what} parked as ${parked.reason}, although it was applied or discarded`,
      },
    ];
  }
  // After an erasure, a late subscriber does not keep messages below its baseline.
  if (!consumer.early && hasErased(consumer, deactivations, aggregateId)) return [];
  if (!parked) return [{ guarantee: 'G1', what: `${name} lost ${what}` }];
  const violations: Violation[] = [];
  // Held messages, and messages parked behind them, are not failures.
  const held = consumer.parked.filter(({ reason }) => reason === 'held');
  if (!versionsOf(held, aggregateId).some((one) => one <= version) && !consumer.reported.has(aggregateId)) {
    violations.push({ guarantee: 'G4', what: `no sweep reports that ${name} keeps ${what} parked` });
  }
  if (!consumer.early && (parked.reason === 'below-baseline' || hasHole(consumer, aggregateId))) return violations;
  const failures = versionsOf([...consumer.broken, ...held], aggregateId);
  if (!consumer.isOff && !failures.some((failure) => failure <= version)) {
    violations.push({ guarantee: 'G4', what: `${name} keeps ${what} parked, although no earlier message failed` });
  }
  return violations;
}

export const hasErased = (
  { applied }: ConsumerHistory,
  deactivations: readonly Version[],
  aggregateId: string,
): boolean => versionsOf(deactivations, aggregateId).some((version) => has(applied, { aggregateId, version }));

/**
 * After an erasure, no content of messages and no personal data is left. The erasure does not wait for other messages.
 * The erasure may wait if the deactivation itself fails.
 */
function checkErased(name: string, consumer: ConsumerHistory, deactivations: readonly Version[]): Violation[] {
  const violations: Violation[] = [];
  for (const last of deactivations) {
    const { aggregateId } = last;
    const versionsIn = (entries: readonly Version[]) => versionsOf(entries, aggregateId);
    const later = versionsIn(consumer.applied).filter((version) => version > last.version);
    if (later.length > 0)
      violations.push({ guarantee: 'erasure', what: `${name} applied ${later} after ${nameOf(last)}` });
    if (hasErased(consumer, deactivations, aggregateId)) {
      // A held message stays visible, without its content.
      const waiting = consumer.parked.filter(({ reason }) => reason !== 'unsent' && reason !== 'held');
      // A discard that runs concurrently with the erasure erases the discarded message in a second step, which may
      // fail.
      const kept = consumer.unfinished.has(aggregateId) ? [] : versionsIn(consumer.kept);
      const rows = [...kept, ...versionsIn(waiting)];
      if (rows.length > 0)
        violations.push({ guarantee: 'erasure', what: `${name} keeps ${rows} after ${nameOf(last)}` });
      if (consumer.membersWithData.has(aggregateId))
        violations.push({
          guarantee: 'erasure',
          what: `${name} has personal data of ${aggregateId} after ${nameOf(last)}`,
        });
      continue;
    }
    const mayWait = !has(consumer.delivered, last) || has(consumer.broken, last);
    if (mayWait || (!consumer.early && hasHole(consumer, aggregateId))) continue;
    violations.push({
      guarantee: 'erasure',
      what: `${name} has not applied ${nameOf(last)}, the deactivation of its member`,
    });
  }
  return violations;
}

/** Whether a version is missing. A late subscriber never gets events that were published before it subscribed. */
function hasHole({ delivered, applied }: ConsumerHistory, aggregateId: string): boolean {
  // The subscriber may also have applied a rendition that its filter should have dropped.
  const versions = [...new Set(versionsOf([...delivered, ...applied], aggregateId))].sort((a, b) => a - b);
  return versions.some((version, index) => version !== (versions[0] ?? 0) + index);
}
