import type { ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import { ledgerOf } from '../../functions/points/ledger.ts';
import type { MemberResource } from '../../shared/contracts/member.ts';
import { cursorsOf } from '../demo/cursors.ts';
import { compareRedemptions, type RequestedRedemption } from '../demo/redemptions.ts';
import type { Accepted } from '../demo/registrations.ts';
import type { Holdings, Item } from '../demo/services.ts';
import { compare } from '../demo/verdict.ts';
import type { Observed } from './cloud.ts';
import { isRejected } from './faults.ts';

export interface Violation {
  guarantee: 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6';
  what: string;
  /** The published versions and the stored items of the member. Empty if they do not explain the violation. */
  history: unknown[];
}

/** A former member. No personal data of a former member may remain. */
export type FormerMember = Pick<MemberResource, 'id' | 'phone' | 'name'>;

/** The state of a stage, and the requests that led to it. */
export interface Snapshot {
  accepted: readonly Accepted[];
  redemptions: readonly RequestedRedemption[];
  formerMembers: readonly FormerMember[];
  holdings: Holdings;
  members: readonly Item[];
  parked: ReadonlyMap<string, readonly ParkedMessage[]>;
  observed: Observed;
}

/** The subscribers that must reply to a registration. */
const REPLYING_SUBSCRIBERS = ['sms', 'points', 'guide'];
/** The suffix of the replies about delivery receipts. These replies may be missing, because receipts may be lost. */
const DELIVERY = '#welcome-sms-delivery';

/**
 * G4, checked while the gateway still rejects some SMS: each service has parked all versions of a member that it has
 * not applied, and only a rejected SMS blocks the messages of a member.
 */
export function checkFailures({ accepted, holdings, parked, observed }: Snapshot, rejectOneIn: number): Violation[] {
  const violations: Violation[] = [];
  for (const [service, items] of Object.entries(holdings.items)) {
    const cursors = cursorsOf(items);
    const queues = Map.groupBy(parked.get(service) ?? [], ({ aggregateId }) => aggregateId);
    for (const { member } of accepted) {
      const applied = Number(cursors.get(member.id)?.version ?? 0);
      const waiting = (queues.get(member.id) ?? []).map(({ version }) => version).sort((a, b) => a - b);
      const expected = Array.from({ length: member.version - applied }, (_, index) => applied + 1 + index);
      if (waiting.join() === expected.join()) continue;
      const what = `${service} applied ${applied} of ${member.version} versions of ${member.id}; parked versions: ${waiting.join(', ') || 'none'}`;
      violations.push({ guarantee: 'G4', what, history: historyOf(member.id, holdings, observed) });
    }
    for (const [aggregateId, [first]] of queues) {
      const isExpected = service === 'sms' && first?.reason === 'failed' && isRejected(first.messageId, rejectOneIn);
      if (isExpected) continue;
      const what = `${service} blocks ${aggregateId} at version ${first?.version}: ${first?.reason}: ${first?.error}`;
      violations.push({ guarantee: 'G4', what, history: historyOf(aggregateId, holdings, observed) });
    }
  }
  return [...violations, ...checkConsumers({ holdings, parked, observed }, rejectOneIn)];
}

/**
 * The only commands and replies that may stay parked are SMS that the gateway rejects, and SMS to members whose
 * registration the SMS service has parked.
 */
function checkConsumers(
  { holdings, parked, observed }: Pick<Snapshot, 'holdings' | 'parked' | 'observed'>,
  rejectOneIn: number,
) {
  const unreachable = new Set((parked.get('sms') ?? []).map(({ aggregateId }) => aggregateId));
  const consumers = [...parked].filter(([name]) => !Object.hasOwn(holdings.items, name));
  return consumers.flatMap(([consumer, all]) =>
    all.flatMap((one): Violation[] => {
      const isExpected =
        consumer === 'sms-commands' && (isRejected(one.messageId, rejectOneIn) || unreachable.has(subjectOf(one)));
      if (isExpected) return [];
      const what = `${consumer} blocks ${one.aggregateId}: ${one.reason}: ${one.error}`;
      return [{ guarantee: 'G4', what, history: historyOf(subjectOf(one), holdings, observed) }];
    }),
  );
}

/** The member that a parked message is about. */
export const subjectOf = ({ body }: ParkedMessage) => (JSON.parse(body) as { subject: string }).subject;

/** Checks all guarantees except G4, after all faults have ended and all parked messages were redriven. */
export function checkAll(snapshot: Snapshot): Violation[] {
  return [
    ...checkEffects(snapshot),
    ...checkMembers(snapshot),
    ...checkVersions(snapshot),
    ...checkOrder(snapshot),
    ...checkSms(snapshot),
    ...checkRedemptions(snapshot),
    ...checkOnboarding(snapshot),
    ...checkErasures(snapshot),
  ];
}

/** G1 and G3: compares the effects the way the demo does. Finds missing, duplicate and out-of-order effects. */
function checkEffects({ accepted, holdings, observed }: Snapshot): Violation[] {
  const total = compare(accepted, holdings);
  if (total.lost + total.duplicated + total.outOfOrder === 0) return [];
  const holdingsAbout = (id: string) => ({
    texts: holdings.texts,
    items: itemsOf(id, holdings),
  });
  return accepted.flatMap((one): Violation[] => {
    const { lost, lostBy, duplicated, outOfOrder } = compare([one], holdingsAbout(one.member.id));
    const history = () => historyOf(one.member.id, holdings, observed);
    return [
      ...(lost > 0
        ? [
            {
              guarantee: 'G1' as const,
              what: `${one.member.id} lacks ${lost} effects: ${Object.keys(lostBy)}`,
              history: history(),
            },
          ]
        : []),
      ...(duplicated + outOfOrder > 0
        ? [
            {
              guarantee: 'G3' as const,
              what: `${one.member.id}: ${duplicated} duplicate effects, ${outOfOrder} out of order`,
              history: history(),
            },
          ]
        : []),
    ];
  });
}

/** G1: only committed members have effects. G6: each member was returned to a client. */
function checkMembers({ accepted, formerMembers, holdings, members, observed }: Snapshot): Violation[] {
  const violations: Violation[] = [];
  const returnedKeys = new Set(
    [...accepted.map(({ member }) => member.id), ...formerMembers.map(({ id }) => id)].map((id) => `member#${id}`),
  );
  const existing = new Set(members.map(({ pk }) => pk));
  for (const pk of existing) {
    if (pk.startsWith('member#') && !returnedKeys.has(pk)) {
      violations.push({ guarantee: 'G6', what: `${pk} exists, but no response contained it`, history: [] });
    }
  }
  for (const [service, items] of Object.entries(holdings.items)) {
    for (const id of new Set(items.map(({ pk }) => pk))) {
      if (existing.has(`member#${id}`)) continue;
      const what = `${service} stores data about ${id}, but no such member was committed`;
      violations.push({ guarantee: 'G1', what, history: historyOf(id, holdings, observed) });
    }
  }
  return violations;
}

/** G1 in both directions: each service applied exactly the committed changes of a member. */
function checkVersions({ members, holdings, observed }: Snapshot): Violation[] {
  return Object.entries(holdings.items).flatMap(([service, items]) => {
    const cursors = cursorsOf(items);
    return members.filter(isMember).flatMap(({ pk, version }): Violation[] => {
      const id = pk.slice('member#'.length);
      const applied = cursors.get(id)?.version;
      if (applied === version) return [];
      const what = `${service} applied version ${applied ?? 0} of ${id}; the committed version is ${version}`;
      return [{ guarantee: 'G1', what, history: historyOf(id, holdings, observed) }];
    });
  });
}

/** G2: the broker accepted all messages, and no message before its predecessor. */
function checkOrder({ members, observed: { published } }: Snapshot): Violation[] {
  const violations: Violation[] = [];
  const last = new Map<string, number>();
  for (const { aggregateId, version } of published) {
    const before = last.get(aggregateId) ?? 0;
    if (version > before + 1) {
      const history = published.filter((one) => one.aggregateId === aggregateId);
      const what = `${aggregateId} version ${version} was published after ${before}`;
      violations.push({ guarantee: 'G2', what, history });
    }
    last.set(aggregateId, Math.max(before, version));
  }
  for (const { pk, version } of members.filter(isMember)) {
    const newest = last.get(pk.slice('member#'.length)) ?? 0;
    if (newest === version) continue;
    violations.push({
      guarantee: 'G2',
      what: `${pk} has version ${version}, but the last published version is ${newest}`,
      history: [],
    });
  }
  return violations;
}

/**
 * G5: the sandbox honours idempotency keys, so each message leads to exactly one SMS. The idempotency key of the first
 * SMS is the message ID of the registration, which the ledger of the points service also contains. Each redemption
 * leads to one more SMS.
 */
function checkSms({ accepted, holdings, observed }: Snapshot): Violation[] {
  const byPhone = Map.groupBy(holdings.texts, ({ to }) => to);
  const points = Map.groupBy(holdings.items.points, ({ pk }) => pk);
  return accepted.flatMap(({ member }): Violation[] => {
    const texts = byPhone.get(member.phone) ?? [];
    const keys = new Set(texts.map(({ idempotencyKey }) => idempotencyKey));
    const ledger = ledgerOf(points.get(member.id) ?? []);
    const registration = ledger.find(({ reason }) => reason === 'registration')?.messageId ?? 'none';
    const redemptions = ledger.filter(({ reason }) => reason === 'redemption').length;
    if (keys.has(registration) && keys.size === texts.length && texts.length === 1 + redemptions) return [];
    const what = `${member.id} got ${texts.length} SMS instead of ${1 + redemptions}; the registration is ${registration}, the idempotency keys are ${[...keys]}`;
    return [{ guarantee: 'G5', what, history: historyOf(member.id, holdings, observed) }];
  });
}

/**
 * Commands and replies. G1: each operation ended, and points that were taken for an expired operation were returned.
 * G3: each command was applied once.
 */
function checkRedemptions({ redemptions, members, holdings, observed }: Snapshot): Violation[] {
  return compareRedemptions(redemptions, members, holdings.items).findings.map(({ memberId, kind, what }) => ({
    guarantee: kind === 'lost' ? 'G1' : 'G3',
    what: `${memberId}: ${what}`,
    history: historyOf(memberId, holdings, observed),
  }));
}

/** G1: every expected reply to a registration has arrived. */
function checkOnboarding({ accepted, members, holdings, observed }: Snapshot): Violation[] {
  const answers = new Map(members.map(({ pk, sk: _, ...item }) => [pk, Object.keys(item)]));
  return accepted.flatMap(({ member: { id } }): Violation[] => {
    const replies = (answers.get(`onboarding#${id}`) ?? []).filter((answer) => !answer.endsWith(DELIVERY));
    const isFrom = (service: string) => (answer: string) => answer.startsWith(`answer#/rollcall/${service}#`);
    const missing = REPLYING_SUBSCRIBERS.filter((service) => !replies.some(isFrom(service)));
    if (missing.length === 0) return [];
    const what = `${id} has no reply from ${missing}; its replies: ${replies.join(', ') || 'none'}`;
    return [{ guarantee: 'G1', what, history: historyOf(id, holdings, observed) }];
  });
}

/**
 * G1: every service confirms the erasure of each former member, and no personal data or operation of the member
 * remains.
 */
function checkErasures({ formerMembers, members, holdings, observed }: Snapshot): Violation[] {
  const items = new Map(members.map((item) => [item.pk, item]));
  const operations = Map.groupBy(
    members.filter(({ pk }) => pk.startsWith('operation#')),
    ({ memberId }) => memberId,
  );
  const storedItems = Map.groupBy(
    Object.entries(holdings.items).flatMap(([service, all]) => all.map((item) => ({ service, item }))),
    ({ item }) => item.pk,
  );
  return formerMembers.flatMap(({ id, phone, name }): Violation[] => {
    const erasure = items.get(`erasure#${id}`) ?? {};
    const unconfirmed = Object.keys(holdings.items).filter((service) => !(`confirmed#${service}` in erasure));
    const personal = (storedItems.get(id) ?? []).flatMap(({ service, item }) =>
      [phone, name].some((words) => JSON.stringify(item).includes(words))
        ? [`${service} ${item.sk} contains their phone or name`]
        : [],
    );
    const found = [
      ...unconfirmed.map((service) => `${service} has not confirmed the erasure`),
      ...personal,
      ...(operations.get(id) ?? []).map(({ pk }) => `${pk} still exists`),
    ];
    return found.map((what) => ({
      guarantee: 'G1',
      what: `former member ${id}: ${what}`,
      history: historyOf(id, holdings, observed),
    }));
  });
}

const isMember = ({ pk }: Item) => pk.startsWith('member#');

/** The items that each subscriber stores about a member. */
const itemsOf = (id: string, { items }: Holdings): Holdings['items'] => {
  const found = Object.entries(items).map(([name, all]) => [name, all.filter(({ pk }) => pk === id)]);
  return Object.fromEntries(found) as Holdings['items'];
};

const historyOf = (id: string, holdings: Holdings, { published }: Observed): unknown[] => [
  ...published.filter(({ aggregateId }) => aggregateId === id).map(({ version }) => `version ${version} was published`),
  ...Object.values(itemsOf(id, holdings)).flat(),
];
