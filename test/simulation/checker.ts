import { checkConsumer, checkConsumerAtRest } from './check-consumers.ts';
import { checkErasures, checkOperations, checkOperationsAtRest, checkReplies } from './check-conversations.ts';
import type { History, Violation } from './history.ts';
import { nameOf, versionsOf } from './versions.ts';

/** Checks the guarantees that must hold at every moment. */
export const checkSafety = (history: History): Violation[] => [
  ...checkPublished(history),
  ...checkRegistrations(history),
  ...[...history.consumers].flatMap(checkConsumer),
  ...checkOperations(history),
];

/**
 * Checks the guarantees that must hold when the world is at rest. The world comes to rest with the injected failures,
 * and again after they are repaired.
 */
export const checkAtRest = (history: History): Violation[] => [
  ...checkPublishedAtRest(history),
  ...checkTexts(history),
  ...[...history.consumers].flatMap((consumer) => checkConsumerAtRest(consumer, history.deactivations)),
  ...checkReplies(history),
  ...checkErasures(history),
  ...checkOperationsAtRest(history),
];

/** G1: only committed messages are published. G2: the messages of an aggregate are published in order. */
function checkPublished({ committed, published }: History): Violation[] {
  const violations: Violation[] = [];
  const ids = new Set(committed.map(({ messageId }) => messageId));
  const seen = new Map<string, number>();
  for (const message of published) {
    if (!ids.has(message.messageId))
      violations.push({ guarantee: 'G1', what: `${nameOf(message)} was never committed` });
    const key = `${message.channel} ${message.aggregateId}`;
    const last = seen.get(key) ?? 0;
    if (message.version > last + 1) {
      violations.push({ guarantee: 'G2', what: `${nameOf(message)} was published before version ${last + 1}` });
    }
    seen.set(key, Math.max(last, message.version));
  }
  return violations;
}

function checkPublishedAtRest({ committed, published, refused }: History): Violation[] {
  const ids = new Set(published.map(({ messageId }) => messageId));
  return committed
    .filter(({ messageId, aggregateId, version }) => {
      const refusals = versionsOf(refused, aggregateId);
      return !ids.has(messageId) && !refusals.some((refusal) => refusal <= version);
    })
    .map((message) => ({ guarantee: 'G1', what: `${nameOf(message)} was committed, but never published` }));
}

/** G5: each SMS belongs to a message, and no SMS is sent twice concurrently. */
function checkTexts({ texts, concurrentSms, committed, followed }: History): Violation[] {
  const known = new Set([...committed.map(({ messageId }) => messageId), ...followed]);
  const unknown = [...texts].filter(([key]) => !known.has(key));
  return [
    ...unknown.map(([key, count]) => `${count} SMS were sent with the key ${key}, which is not the ID of a message`),
    ...concurrentSms.map((key) => `the SMS ${key} was sent twice concurrently`),
  ].map((what) => ({ guarantee: 'G5', what }));
}

/**
 * G6: a phone belongs to one member at a time. Requests with the same phone, key and body get the same response until a
 * deactivation releases the phone.
 */
function checkRegistrations({ registrations, committed, deactivations, phonesTakenTwice }: History): Violation[] {
  const violations: Violation[] = phonesTakenTwice.map((what) => ({
    guarantee: 'G6',
    what: `a registered phone was registered again: ${what}`,
  }));
  const gone = new Set(deactivations.map(({ aggregateId }) => `member ${aggregateId}`));
  const releasedPhones = new Set(registrations.filter(({ answer }) => gone.has(answer)).map(({ phone }) => phone));
  const answers = Map.groupBy(
    registrations.filter(({ phone }) => !releasedPhones.has(phone)),
    ({ phone, key, fingerprint }) => `${phone} ${key} ${fingerprint}`,
  );
  for (const [request, given] of answers) {
    const distinct = new Set(given.map(({ answer }) => answer));
    if (distinct.size > 1)
      violations.push({ guarantee: 'G6', what: `${request} got different responses: ${[...distinct]}` });
  }
  const known = new Set(committed.map(({ aggregateId }) => `member ${aggregateId}`));
  for (const { answer } of registrations) {
    if (answer.startsWith('member ') && !known.has(answer)) {
      violations.push({ guarantee: 'G6', what: `the API returned ${answer}, but it does not exist` });
    }
  }
  return violations;
}
