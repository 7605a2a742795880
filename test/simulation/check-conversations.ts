import { hasErased } from './check-consumers.ts';
import type { Account, Committed, ConsumerHistory, History, Operation, Violation } from './history.ts';
import { has, nameOf } from './versions.ts';

const REPLIES = 'registration-replies';

/** Checks that a registration has a reply of a service if and only if the service has applied the registration. */
export function checkReplies({
  consumers,
  committed,
  deactivations,
  overwrittenReplies,
  finalTables,
}: History): Violation[] {
  const violations: Violation[] = overwrittenReplies.map((what) => ({
    guarantee: 'answer',
    what: `replies were overwritten: ${what}`,
  }));
  const members = new Set(committed.map(({ aggregateId }) => aggregateId));
  for (const [name, consumer] of consumers) {
    if (!consumer.isSubscriber) continue;
    for (const aggregateId of members) {
      const first = { aggregateId, version: 1 };
      const isAnswered = finalTables.answers.some(
        ({ memberId, source }) => memberId === aggregateId && source === consumer.source,
      );
      if (isAnswered && !has(consumer.applied, first)) {
        violations.push({ guarantee: 'answer', what: `${name} replied to ${nameOf(first)}, but has not applied it` });
      }
      // After an erasure, replies to the registration are no longer expected.
      const mayBeMissing = hasErased(consumer, deactivations, aggregateId) || mayLackReply(consumers, consumer, first);
      if (!isAnswered && has(consumer.applied, first) && !mayBeMissing) {
        violations.push({ guarantee: 'answer', what: `${name} applied ${nameOf(first)}, but its reply is lost` });
      }
    }
  }
  return violations;
}

/** Checks that a service confirms the erasure of a member if and only if it has applied the deactivation. */
export function checkErasures({ consumers, deactivations, finalTables }: History): Violation[] {
  const violations: Violation[] = [];
  for (const last of deactivations) {
    const erasure = finalTables.erasures.find(({ memberId }) => memberId === last.aggregateId);
    if (!erasure) {
      violations.push({ guarantee: 'erasure', what: `no service was requested to erase ${last.aggregateId}` });
      continue;
    }
    for (const service of erasure.services) {
      const consumer = consumers.get(service) as ConsumerHistory;
      const isConfirmed = erasure.confirmed.includes(service);
      const isApplied = has(consumer.applied, last);
      if (isConfirmed && !isApplied)
        violations.push({ guarantee: 'erasure', what: `${service} confirmed ${nameOf(last)}, but has not applied it` });
      if (!isConfirmed && isApplied && !mayLackReply(consumers, consumer, last))
        violations.push({ guarantee: 'erasure', what: `${service} applied ${nameOf(last)}, but never confirmed it` });
    }
  }
  return violations;
}

/**
 * Whether the reply to a message may be missing. This is the case if any reply, to whatever message, is parked or was
 * discarded by its receiver, if the message itself is parked, or if an operator discarded its unsent replies.
 */
function mayLackReply(
  consumers: History['consumers'],
  consumer: ConsumerHistory,
  cause: Committed | { aggregateId: string; version: number },
): boolean {
  const replies = consumers.get(REPLIES);
  const isHeldUp = [...(replies?.parked ?? []), ...(replies?.discarded ?? [])].length > 0;
  return isHeldUp || has(consumer.parked, cause) || has(consumer.givenUp, cause);
}

/** Counts the ledger entries that took points for a redemption, and the entries that returned them. */
function bookings({ committed, finalTables }: History, operationId: string) {
  const commands = new Set(
    committed.filter((message) => message.operationId === operationId).map(({ messageId }) => messageId),
  );
  const entries = finalTables.accounts
    .flatMap((account) => account.entries)
    .filter(({ messageId }) => commands.has(messageId));
  const count = (wanted: string) => entries.filter(({ reason }) => reason === wanted).length;
  return { taken: count('redemption'), returned: count('return') };
}

/**
 * Checks the operations, which are redemptions of points. An operation takes points at most once, and returns them only
 * if it took them. Its state matches the ledger.
 */
export function checkOperations(history: History): Violation[] {
  const { returnedOperations, committed, endedTwice, endedLate, finalTables } = history;
  const violations: Violation[] = endedTwice.map((what) => ({ guarantee: 'operation', what: `ended twice: ${what}` }));
  violations.push(...endedLate.map((what) => ({ guarantee: 'operation' as const, what: `ended late: ${what}` })));
  violations.push(...finalTables.accounts.flatMap(checkAccount));
  const ids = new Set([
    ...returnedOperations.map(({ operationId }) => operationId),
    ...finalTables.operations.map(({ id }) => id),
  ]);
  for (const id of ids) {
    const { taken, returned } = bookings(history, id);
    const state = finalTables.operations.find((one) => one.id === id)?.state;
    const isConsistent =
      taken <= 1 &&
      returned <= taken &&
      (state !== 'succeeded' || (taken === 1 && returned === 0)) &&
      (state !== 'failed' || taken === 0);
    const what = `operation ${id} is ${state}: points were taken ${taken} times and returned ${returned} times`;
    if (!isConsistent) violations.push({ guarantee: 'operation', what });
    if (!committed.some(({ operationId }) => operationId === id))
      violations.push({
        guarantee: 'operation',
        what: `the API returned operation ${id}, but its command was never committed`,
      });
  }
  return violations;
}

function checkAccount({ memberId, balance, opening, entries }: Account): Violation[] {
  const booked = entries.reduce((sum, { points }) => sum + points, opening);
  if (balance === booked && balance >= 0) return [];
  return [{ guarantee: 'operation', what: `${memberId} has ${balance} points, but the ledger has ${booked}` }];
}

/**
 * If all messages about points have been processed and none was discarded, checks that each operation of an active
 * member has ended, and that no operation of a member is stored after a service has confirmed the member's erasure.
 */
export function checkOperationsAtRest(history: History): Violation[] {
  const { returnedOperations, deactivations, finalTables } = history;
  if (!finalTables.isSettled) return [];
  const violations: Violation[] = [];
  const gone = new Set(deactivations.map(({ aggregateId }) => aggregateId));
  for (const { operationId, memberId } of returnedOperations) {
    const operation = finalTables.operations.find(({ id }) => id === operationId);
    if (operation && !gone.has(memberId)) violations.push(...checkEnded(history, operation));
    if (!operation && !gone.has(memberId))
      violations.push({
        guarantee: 'operation',
        what: `the API returned operation ${operationId}, but it does not exist`,
      });
  }
  const confirmed = new Set(
    finalTables.erasures.filter((erasure) => erasure.confirmed.length > 0).map(({ memberId }) => memberId),
  );
  for (const { id, memberId } of finalTables.operations) {
    if (confirmed.has(memberId))
      violations.push({ guarantee: 'erasure', what: `operation ${id} of the former member ${memberId} is kept` });
  }
  return violations;
}

function checkEnded(history: History, { id, state, compensation }: Operation): Violation[] {
  const { taken, returned } = bookings(history, id);
  const isOver =
    state === 'expired'
      ? taken === returned && compensation === (taken === 1 ? 'done' : 'not-needed')
      : state !== 'pending';
  const late = state === 'expired' ? ` (compensation: ${compensation})` : '';
  const what = `operation ${id} stays ${state}${late}: taken ${taken} times, returned ${returned} times`;
  return isOver ? [] : [{ guarantee: 'operation', what }];
}
