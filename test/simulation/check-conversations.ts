import { hasErased } from './check-consumers.ts';
import type { Account, Committed, ConsumerHistory, History, Operation, Violation } from './history.ts';
import { has, nameOf } from './versions.ts';

const REPLIES = 'registration-replies';

/** Each registration that a service applied has its reply, and no other has one. */
export function checkAnswers({ consumers, committed, left, rewritten, stock }: History): Violation[] {
  const violations: Violation[] = rewritten.map((what) => ({ guarantee: 'answer', what: `answered twice: ${what}` }));
  const members = new Set(committed.map(({ aggregateId }) => aggregateId));
  for (const [name, consumer] of consumers) {
    if (!consumer.isSubscriber) continue;
    for (const aggregateId of members) {
      const first = { aggregateId, version: 1 };
      const isAnswered = stock.answers.some(
        ({ memberId, source }) => memberId === aggregateId && source === consumer.source,
      );
      if (isAnswered && !has(consumer.applied, first)) {
        violations.push({ guarantee: 'answer', what: `${name} answered ${nameOf(first)}, and has not applied it` });
      }
      // After an erasure, replies to the registration are no longer expected.
      const mayBeMissing = hasErased(consumer, left, aggregateId) || isOnItsWay(consumers, consumer, first);
      if (!isAnswered && has(consumer.applied, first) && !mayBeMissing) {
        violations.push({ guarantee: 'answer', what: `${name} applied ${nameOf(first)}, and its answer is lost` });
      }
    }
  }
  return violations;
}

/** Every service that was asked to erase a member confirms it. */
export function checkErasures({ consumers, left, stock }: History): Violation[] {
  const violations: Violation[] = [];
  for (const last of left) {
    const erasure = stock.erasures.find(({ memberId }) => memberId === last.aggregateId);
    if (!erasure) {
      violations.push({ guarantee: 'erasure', what: `nobody is asked to erase ${last.aggregateId}` });
      continue;
    }
    for (const service of erasure.services) {
      const consumer = consumers.get(service) as ConsumerHistory;
      const isConfirmed = erasure.confirmed.includes(service);
      const isApplied = has(consumer.applied, last);
      if (isConfirmed && !isApplied)
        violations.push({ guarantee: 'erasure', what: `${service} confirmed ${nameOf(last)}, and has not applied it` });
      if (!isConfirmed && isApplied && !isOnItsWay(consumers, consumer, last))
        violations.push({ guarantee: 'erasure', what: `${service} applied ${nameOf(last)}, and never confirmed it` });
    }
  }
  return violations;
}

/** Whether a reply is parked where a person can see it, or was discarded by one. */
function isOnItsWay(
  consumers: History['consumers'],
  consumer: ConsumerHistory,
  cause: Committed | { aggregateId: string; version: number },
): boolean {
  const replies = consumers.get(REPLIES);
  const isHeldUp = [...(replies?.parked ?? []), ...(replies?.discarded ?? [])].length > 0;
  return isHeldUp || has(consumer.parked, cause) || has(consumer.givenUp, cause);
}

/** The effects of a redemption on its member's account. */
function bookings({ committed, stock }: History, operationId: string) {
  const commands = new Set(
    committed.filter((message) => message.operationId === operationId).map(({ messageId }) => messageId),
  );
  const entries = stock.accounts
    .flatMap((account) => account.entries)
    .filter(({ messageId }) => commands.has(messageId));
  const count = (wanted: string) => entries.filter(({ reason }) => reason === wanted).length;
  return { taken: count('redemption'), returned: count('return') };
}

/** Points are taken at most once, and returned only if they were taken; the operation's state agrees. */
export function checkOperations(history: History): Violation[] {
  const { promised, committed, endedTwice, endedLate, stock } = history;
  const violations: Violation[] = endedTwice.map((what) => ({ guarantee: 'operation', what: `ended twice: ${what}` }));
  violations.push(...endedLate.map((what) => ({ guarantee: 'operation' as const, what: `ended late: ${what}` })));
  violations.push(...stock.accounts.flatMap(checkAccount));
  const ids = new Set([...promised.map(({ operationId }) => operationId), ...stock.operations.map(({ id }) => id)]);
  for (const id of ids) {
    const { taken, returned } = bookings(history, id);
    const state = stock.operations.find((one) => one.id === id)?.state;
    const isTrue =
      taken <= 1 &&
      returned <= taken &&
      (state !== 'succeeded' || (taken === 1 && returned === 0)) &&
      (state !== 'failed' || taken === 0);
    const what = `operation ${id} is ${state}: points were taken ${taken} times and returned ${returned} times`;
    if (!isTrue) violations.push({ guarantee: 'operation', what });
    if (!committed.some(({ operationId }) => operationId === id))
      violations.push({ guarantee: 'operation', what: `operation ${id} was promised, and never commanded` });
  }
  return violations;
}

function checkAccount({ memberId, balance, opening, entries }: Account): Violation[] {
  const booked = entries.reduce((sum, { points }) => sum + points, opening);
  if (balance === booked && balance >= 0) return [];
  return [{ guarantee: 'operation', what: `${memberId} has ${balance} points, and ${booked} were booked` }];
}

/** At rest, each operation has ended; of erased members, none is left. */
export function checkOperationsAtRest(history: History): Violation[] {
  const { promised, left, stock } = history;
  if (!stock.isSettled) return [];
  const violations: Violation[] = [];
  const gone = new Set(left.map(({ aggregateId }) => aggregateId));
  for (const { operationId, memberId } of promised) {
    const operation = stock.operations.find(({ id }) => id === operationId);
    if (operation && !gone.has(memberId)) violations.push(...checkEnded(history, operation));
    if (!operation && !gone.has(memberId))
      violations.push({ guarantee: 'operation', what: `operation ${operationId} was promised, and does not exist` });
  }
  const confirmed = new Set(
    stock.erasures.filter((erasure) => erasure.confirmed.length > 0).map(({ memberId }) => memberId),
  );
  for (const { id, memberId } of stock.operations) {
    if (confirmed.has(memberId))
      violations.push({ guarantee: 'erasure', what: `operation ${id} is kept of ${memberId}, who has left` });
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
