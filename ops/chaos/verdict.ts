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
  /** Everything known about the member. */
  history: unknown[];
}

/** A former member, whose data must be gone. */
export type FormerMember = Pick<MemberResource, 'id' | 'phone' | 'name'>;

/** The items and parked messages of a subscriber's table. */
export interface Snapshot {
  accepted: readonly Accepted[];
  redemptions: readonly RequestedRedemption[];
  left: readonly FormerMember[];
  holdings: Holdings;
  members: readonly Item[];
  parked: ReadonlyMap<string, readonly ParkedMessage[]>;
  observed: Observed;
}

/** The subscribers that reply to a registration. Further subscribers need not. */
const REPLYING_SUBSCRIBERS = ['sms', 'points', 'guide'];
/** A provider's receipt, which may be lost. */
const DELIVERY = '#welcome-sms-delivery';

/** While the gateway still rejects: no other aggregate is blocked, and later messages of the same one wait in order. */
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
      const what = `${service} applied ${applied} of ${member.version} versions of ${member.id}, and parked ${waiting.join(', ') || 'none'}`;
      violations.push({ guarantee: 'G4', what, history: historyOf(member.id, holdings, observed) });
    }
    for (const [aggregateId, [first]] of queues) {
      const isExpected = service === 'sms' && first?.reason === 'failed' && isRejected(first.messageId, rejectOneIn);
      if (isExpected) continue;
      const what = `${service} holds up ${aggregateId}: ${first?.reason} version ${first?.version}: ${first?.error}`;
      violations.push({ guarantee: 'G4', what, history: historyOf(aggregateId, holdings, observed) });
    }
  }
  return [...violations, ...checkConsumers({ holdings, parked, observed }, rejectOneIn)];
}

/** Of commands and replies, only SMS that the gateway rejects, or to members with an unknown phone, may be left. */
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
      const what = `${consumer} holds up ${one.aggregateId}: ${one.reason}: ${one.error}`;
      return [{ guarantee: 'G4', what, history: historyOf(subjectOf(one), holdings, observed) }];
    }),
  );
}

/** The member that a parked message is about. */
export const subjectOf = ({ body }: ParkedMessage) => (JSON.parse(body) as { subject: string }).subject;

/** After everything was repaired and redriven. */
export function checkAll(seen: Snapshot): Violation[] {
  return [
    ...checkEffects(seen),
    ...checkMembers(seen),
    ...checkVersions(seen),
    ...checkOrder(seen),
    ...checkTexts(seen),
    ...checkRedemptions(seen),
    ...checkOnboarding(seen),
    ...checkErasures(seen),
  ];
}

/** G1 and G3, as the demo compares: missing, duplicate and out-of-order effects. */
function checkEffects({ accepted, holdings, observed }: Snapshot): Violation[] {
  const total = compare(accepted, holdings);
  if (total.lost + total.duplicated + total.outOfOrder === 0) return [];
  const own = (id: string) => ({
    texts: holdings.texts,
    items: itemsOf(id, holdings),
  });
  return accepted.flatMap((one): Violation[] => {
    const { lost, lostBy, duplicated, outOfOrder } = compare([one], own(one.member.id));
    const history = () => historyOf(one.member.id, holdings, observed);
    return [
      ...(lost > 0
        ? [
            {
              guarantee: 'G1' as const,
              what: `${lost} effects for ${one.member.id} are lost: ${Object.keys(lostBy)}`,
              history: history(),
            },
          ]
        : []),
      ...(duplicated + outOfOrder > 0
        ? [
            {
              guarantee: 'G3' as const,
              what: `${one.member.id}: ${duplicated} effects twice, ${outOfOrder} out of order`,
              history: history(),
            },
          ]
        : []),
    ];
  });
}

/** G1: only members have effects. G6: a phone has one member, the one in the response. */
function checkMembers({ accepted, left, holdings, members, observed }: Snapshot): Violation[] {
  const violations: Violation[] = [];
  const promised = new Set(
    [...accepted.map(({ member }) => member.id), ...left.map(({ id }) => id)].map((id) => `member#${id}`),
  );
  const existing = new Set(members.map(({ pk }) => pk));
  for (const pk of existing) {
    if (pk.startsWith('member#') && !promised.has(pk)) {
      violations.push({ guarantee: 'G6', what: `${pk} exists, and no request was answered with it`, history: [] });
    }
  }
  for (const [service, items] of Object.entries(holdings.items)) {
    for (const id of new Set(items.map(({ pk }) => pk))) {
      if (existing.has(`member#${id}`)) continue;
      const what = `${service} holds something of ${id}, who was never committed`;
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
      const what = `${service} applied version ${applied ?? 0} of ${id}, which stands at ${version}`;
      return [{ guarantee: 'G1', what, history: historyOf(id, holdings, observed) }];
    });
  });
}

/** G2, by the messages that the broker accepted: all of them, and none before its predecessor. */
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
    const seen = last.get(pk.slice('member#'.length)) ?? 0;
    if (seen === version) continue;
    violations.push({
      guarantee: 'G2',
      what: `${pk} stands at ${version}, and ${seen} was seen published`,
      history: [],
    });
  }
  return violations;
}

/**
 * G5: the sandbox honours idempotency keys, so there is one SMS per message: one with the id of the registration that
 * the points service knows, and one per redemption.
 */
function checkTexts({ accepted, holdings, observed }: Snapshot): Violation[] {
  const byPhone = Map.groupBy(holdings.texts, ({ to }) => to);
  const points = Map.groupBy(holdings.items.points, ({ pk }) => pk);
  return accepted.flatMap(({ member }): Violation[] => {
    const texts = byPhone.get(member.phone) ?? [];
    const keys = new Set(texts.map(({ idempotencyKey }) => idempotencyKey));
    const ledger = ledgerOf(points.get(member.id) ?? []);
    const registration = ledger.find(({ reason }) => reason === 'registration')?.messageId ?? 'none';
    const redemptions = ledger.filter(({ reason }) => reason === 'redemption').length;
    if (keys.has(registration) && keys.size === texts.length && texts.length === 1 + redemptions) return [];
    const what = `${member.id} got ${texts.length} texts for ${1 + redemptions}; the points know the registration as ${registration}, the texts as ${[...keys]}`;
    return [{ guarantee: 'G5', what, history: historyOf(member.id, holdings, observed) }];
  });
}

/**
 * Commands and replies, by G1 (each operation ended, and points that were taken too late were returned) and G3 (each
 * once).
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
    const known = (answers.get(`onboarding#${id}`) ?? []).filter((answer) => !answer.endsWith(DELIVERY));
    const isFrom = (service: string) => (answer: string) => answer.startsWith(`answer#/rollcall/${service}#`);
    const missing = REPLYING_SUBSCRIBERS.filter((service) => !known.some(isFrom(service)));
    if (missing.length === 0) return [];
    const what = `${id} lacks the answer of ${missing}, and has the answers ${known.join(', ') || 'of no service'}`;
    return [{ guarantee: 'G1', what, history: historyOf(id, holdings, observed) }];
  });
}

/** G1: every service confirms the erasure of each former member, and nothing about them or their operations is left. */
function checkErasures({ left, members, holdings, observed }: Snapshot): Violation[] {
  const items = new Map(members.map((item) => [item.pk, item]));
  const operations = Map.groupBy(
    members.filter(({ pk }) => pk.startsWith('operation#')),
    ({ memberId }) => memberId,
  );
  const kept = Map.groupBy(
    Object.entries(holdings.items).flatMap(([service, all]) => all.map((item) => ({ service, item }))),
    ({ item }) => item.pk,
  );
  return left.flatMap(({ id, phone, name }): Violation[] => {
    const erasure = items.get(`erasure#${id}`) ?? {};
    const unconfirmed = Object.keys(holdings.items).filter((service) => !(`confirmed#${service}` in erasure));
    const personal = (kept.get(id) ?? []).flatMap(({ service, item }) =>
      [phone, name].some((words) => JSON.stringify(item).includes(words))
        ? [`${service} ${item.sk} says who they were`]
        : [],
    );
    const found = [
      ...unconfirmed.map((service) => `${service} has not confirmed`),
      ...personal,
      ...(operations.get(id) ?? []).map(({ pk }) => `${pk} is left`),
    ];
    return found.map((what) => ({
      guarantee: 'G1',
      what: `${id} left: ${what}`,
      history: historyOf(id, holdings, observed),
    }));
  });
}

const isMember = ({ pk }: Item) => pk.startsWith('member#');

/** What each subscriber stores about a member. */
const itemsOf = (id: string, { items }: Holdings): Holdings['items'] => {
  const own = Object.entries(items).map(([name, all]) => [name, all.filter(({ pk }) => pk === id)]);
  return Object.fromEntries(own) as Holdings['items'];
};

const historyOf = (id: string, holdings: Holdings, { published }: Observed): unknown[] => [
  ...published.filter(({ aggregateId }) => aggregateId === id).map(({ version }) => `version ${version} was published`),
  ...Object.values(itemsOf(id, holdings)).flat(),
];
