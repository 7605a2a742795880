import type { History, SubscriberHistory, Violation } from './history.ts';

interface Version {
  aggregateId: string;
  version: number;
}

const versionsOf = (entries: readonly Version[], aggregateId: string) =>
  entries.filter((entry) => entry.aggregateId === aggregateId).map(({ version }) => version);

const nameOf = ({ aggregateId, version }: Version) => `${aggregateId} v${version}`;

/** What must hold at every moment, however badly things go. */
export function checkSafety(history: History): Violation[] {
  return [
    ...checkPublished(history),
    ...checkRegistrations(history),
    ...[...history.subscribers].flatMap(checkApplied),
  ];
}

/** G1: nothing is published that was not committed. G2: nothing before what precedes it. */
function checkPublished({ committed, published }: History): Violation[] {
  const violations: Violation[] = [];
  const ids = new Set(committed.map(({ messageId }) => messageId));
  const seen = new Map<string, number>();
  for (const message of published) {
    if (!ids.has(message.messageId))
      violations.push({ guarantee: 'G1', what: `${nameOf(message)} was never committed` });
    const last = seen.get(message.aggregateId) ?? 0;
    if (message.version > last + 1) {
      violations.push({ guarantee: 'G2', what: `${nameOf(message)} was published before version ${last + 1}` });
    }
    seen.set(message.aggregateId, Math.max(last, message.version));
  }
  return violations;
}

/** G3: each version once, and each on top of the one before. G5: no effect without its text, and one text each. */
function checkApplied([name, subscriber]: [string, SubscriberHistory]): Violation[] {
  const violations: Violation[] = [];
  const last = new Map<string, number>();
  for (const message of subscriber.applied) {
    const skipped = versionsOf(subscriber.discarded, message.aggregateId);
    const first = subscriber.early ? 1 : message.version;
    let expected = (last.get(message.aggregateId) ?? first - 1) + 1;
    while (expected < message.version && skipped.includes(expected)) expected++;
    if (message.version !== expected) {
      const what = `${name} applied ${nameOf(message)} when ${expected} was next`;
      violations.push({ guarantee: 'G3', what });
    }
    last.set(message.aggregateId, message.version);
    if (name === 'sms' && message.version === 1 && message.textsBefore === 0) {
      violations.push({ guarantee: 'G5', what: `${nameOf(message)} was applied, and no text was sent for it` });
    }
  }
  return violations;
}

/** G6: one answer a key and body, one member a phone. */
function checkRegistrations({ registrations, committed }: History): Violation[] {
  const violations: Violation[] = [];
  const answers = Map.groupBy(registrations, ({ phone, key, fingerprint }) => `${phone} ${key} ${fingerprint}`);
  for (const [request, given] of answers) {
    const distinct = new Set(given.map(({ answer }) => answer));
    if (distinct.size > 1) violations.push({ guarantee: 'G6', what: `${request} was answered ${[...distinct]}` });
  }
  const members = Map.groupBy(
    registrations.filter(({ answer }) => answer.startsWith('member ')),
    ({ phone }) => phone,
  );
  for (const [phone, given] of members) {
    const distinct = new Set(given.map(({ answer }) => answer));
    if (distinct.size > 1) violations.push({ guarantee: 'G6', what: `${phone} belongs to ${[...distinct]}` });
  }
  const known = new Set(committed.map(({ aggregateId }) => `member ${aggregateId}`));
  for (const { answer } of registrations) {
    if (answer.startsWith('member ') && !known.has(answer)) {
      violations.push({ guarantee: 'G6', what: `${answer} was promised, and does not exist` });
    }
  }
  return violations;
}

/** What must hold once everything has come to rest, with what is broken still broken, and again after the repair. */
export function checkAtRest(history: History): Violation[] {
  const violations: Violation[] = [];
  const published = new Set(history.published.map(({ messageId }) => messageId));
  for (const message of history.committed) {
    const refusals = versionsOf(history.refused, message.aggregateId);
    if (published.has(message.messageId) || refusals.some((refused) => refused <= message.version)) continue;
    violations.push({ guarantee: 'G1', what: `${nameOf(message)} was committed, and never published` });
  }
  for (const [key, count] of history.texts) {
    if (!history.committed.some(({ messageId }) => messageId === key)) {
      violations.push({ guarantee: 'G5', what: `${count} texts were sent with the key ${key}, which is no message` });
    }
  }
  for (const key of history.crowded)
    violations.push({ guarantee: 'G5', what: `the text ${key} was sent twice at once` });
  for (const [name, subscriber] of history.subscribers) {
    violations.push(
      ...checkSubscriberAtRest(name, subscriber, history.left),
      ...checkErased(name, subscriber, history.left),
    );
  }
  return violations;
}

/**
 * G1: what was delivered is applied, discarded or parked. G4: what is parked waits behind something that failed, and a
 * person is told of it.
 */
function checkSubscriberAtRest(name: string, subscriber: SubscriberHistory, left: readonly Version[]): Violation[] {
  const violations: Violation[] = [];
  const unreadable =
    subscriber.parked.filter(({ reason }) => reason === 'unreadable').length +
    subscriber.discarded.filter(({ version }) => version === 0).length;
  if (unreadable < subscriber.garbage) {
    violations.push({
      guarantee: 'G1',
      what: `${name} has ${unreadable} of ${subscriber.garbage} unreadable messages`,
    });
  }
  for (const message of subscriber.delivered) {
    const { aggregateId, version } = message;
    const isApplied = versionsOf(subscriber.applied, aggregateId).includes(version);
    const isDiscarded = versionsOf(subscriber.discarded, aggregateId).includes(version);
    if (isApplied && isDiscarded) {
      violations.push({ guarantee: 'G3', what: `${name} applied and discarded ${nameOf(message)}` });
    }
    if (isApplied && version === 1 && !subscriber.replied.has(aggregateId)) {
      violations.push({ guarantee: 'G1', what: `${name} applied ${nameOf(message)}, and its reply is lost` });
    }
    if (isApplied || isDiscarded) continue;
    // What a late subscriber gets from before its baseline is not kept once its member has left.
    if (!subscriber.early && hasErased(subscriber, left, aggregateId)) continue;
    const parked = subscriber.parked.find((one) => one.aggregateId === aggregateId && one.version === version);
    if (!parked) {
      violations.push({ guarantee: 'G1', what: `${name} lost ${nameOf(message)}` });
      continue;
    }
    if (!subscriber.told.has(aggregateId)) {
      violations.push({ guarantee: 'G4', what: `nobody is told that ${name} holds up ${nameOf(message)}` });
    }
    if (!subscriber.early && (parked.reason === 'below-baseline' || hasHole(subscriber, aggregateId))) continue;
    const failures = versionsOf(subscriber.broken, aggregateId);
    if (!failures.some((failure) => failure <= version)) {
      violations.push({ guarantee: 'G4', what: `${name} holds up ${nameOf(message)} behind nothing that failed` });
    }
  }
  return violations;
}

const hasErased = ({ applied }: SubscriberHistory, left: readonly Version[], aggregateId: string): boolean =>
  versionsOf(left, aggregateId).some((version) => versionsOf(applied, aggregateId).includes(version));

/** Of who left nothing is kept that a message said; and their leaving waits for nobody, unless it fails itself. */
function checkErased(name: string, subscriber: SubscriberHistory, left: readonly Version[]): Violation[] {
  const violations: Violation[] = [];
  for (const last of left) {
    const { aggregateId, version } = last;
    const of = (entries: readonly Version[]) => versionsOf(entries, aggregateId);
    if (hasErased(subscriber, left, aggregateId)) {
      const rows = [...of(subscriber.kept), ...of(subscriber.parked)];
      if (rows.length > 0)
        violations.push({ guarantee: 'erasure', what: `${name} keeps ${rows} after ${nameOf(last)}` });
      continue;
    }
    const mayWait = !of(subscriber.delivered).includes(version) || of(subscriber.broken).includes(version);
    if (mayWait || (!subscriber.early && hasHole(subscriber, aggregateId))) continue;
    violations.push({
      guarantee: 'erasure',
      what: `${name} has not applied ${nameOf(last)}, by which its member left`,
    });
  }
  return violations;
}

/** What was published for the last time before a late subscriber came never reaches it, though an earlier one may. */
function hasHole({ delivered, applied }: SubscriberHistory, aggregateId: string): boolean {
  // It may also have applied a rendition that its filter should have left out.
  const got = [...new Set(versionsOf([...delivered, ...applied], aggregateId))].sort((a, b) => a - b);
  return got.some((version, index) => version !== (got[0] ?? 0) + index);
}
