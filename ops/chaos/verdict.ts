import type { ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import { ledgerOf } from '../../functions/points/ledger.ts';
import type { MemberResource } from '../../shared/contracts/member.ts';
import { cursorsOf } from '../demo/cursors.ts';
import { type Asked, compareRedemptions } from '../demo/redemptions.ts';
import type { Accepted } from '../demo/registrations.ts';
import type { Holdings, Item } from '../demo/services.ts';
import { compare } from '../demo/verdict.ts';
import type { Observed } from './cloud.ts';
import { isRefused } from './faults.ts';

export interface Violation {
  guarantee: 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6';
  what: string;
  /** All that is known of the member. */
  history: unknown[];
}

/** A member who left, and what is to be found nowhere. */
export type Left = Pick<MemberResource, 'id' | 'phone' | 'name'>;

/** What a subscriber's table holds and has parked. */
export interface Seen {
  accepted: readonly Accepted[];
  redemptions: readonly Asked[];
  left: readonly Left[];
  holdings: Holdings;
  members: readonly Item[];
  parked: ReadonlyMap<string, readonly ParkedMessage[]>;
  observed: Observed;
}

/** Who answers to a registration. A further subscriber need not. */
const ANSWERING = ['sms', 'points', 'guide'];
/** A provider's receipt, which is no answer of ours: it may be lost on its way. */
const DELIVERY = '#welcome-sms-delivery';

/** With what the gateway refuses still refused: nobody else is held up, and what waits behind it waits in its place. */
export function checkFailures({ accepted, holdings, parked, observed }: Seen, refusedOf: number): Violation[] {
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
      const isExpected = service === 'sms' && first?.reason === 'failed' && isRefused(first.messageId, refusedOf);
      if (isExpected) continue;
      const what = `${service} holds up ${aggregateId}: ${first?.reason} version ${first?.version}: ${first?.error}`;
      violations.push({ guarantee: 'G4', what, history: historyOf(aggregateId, holdings, observed) });
    }
  }
  return [...violations, ...checkConsumers({ holdings, parked, observed }, refusedOf)];
}

/** Of commands and replies only a text that the gateway refuses is left, or one to a member whose phone is not known. */
function checkConsumers(
  { holdings, parked, observed }: Pick<Seen, 'holdings' | 'parked' | 'observed'>,
  refusedOf: number,
) {
  const unreachable = new Set((parked.get('sms') ?? []).map(({ aggregateId }) => aggregateId));
  const consumers = [...parked].filter(([name]) => !Object.hasOwn(holdings.items, name));
  return consumers.flatMap(([consumer, all]) =>
    all.flatMap((one): Violation[] => {
      const isExpected =
        consumer === 'sms-commands' && (isRefused(one.messageId, refusedOf) || unreachable.has(subjectOf(one)));
      if (isExpected) return [];
      const what = `${consumer} holds up ${one.aggregateId}: ${one.reason}: ${one.error}`;
      return [{ guarantee: 'G4', what, history: historyOf(subjectOf(one), holdings, observed) }];
    }),
  );
}

/** The member whom a parked message is about. */
export const subjectOf = ({ body }: ParkedMessage) => (JSON.parse(body) as { subject: string }).subject;

/** After everything was repaired and redriven. */
export function checkAll(seen: Seen): Violation[] {
  return [
    ...checkEffects(seen),
    ...checkMembers(seen),
    ...checkVersions(seen),
    ...checkOrder(seen),
    ...checkTexts(seen),
    ...checkRedemptions(seen),
    ...checkOnboarding(seen),
    ...checkLeft(seen),
  ];
}

/** G1 and G3, by what the demo compares: effects that lack, are there twice, or came out of order. */
function checkEffects({ accepted, holdings, observed }: Seen): Violation[] {
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

/** G1: nobody has effects who is no member. G6: a phone has one member, and it is the one that was answered. */
function checkMembers({ accepted, left, holdings, members, observed }: Seen): Violation[] {
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

/** G1, both ways: each service applied what was committed of a member, and no more. */
function checkVersions({ members, holdings, observed }: Seen): Violation[] {
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

/** G2, by what the broker was seen to take: all there is, and nothing before what precedes it. */
function checkOrder({ members, observed: { published } }: Seen): Violation[] {
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
 * G5: the sandbox honours idempotency keys, so there is one text for each message: one with the id of the registration
 * that the points know, and one for each redemption.
 */
function checkTexts({ accepted, holdings, observed }: Seen): Violation[] {
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

/** Commands and their answers, by G1 (each operation ended, and what it took too late went back) and G3 (each once). */
function checkRedemptions({ redemptions, members, holdings, observed }: Seen): Violation[] {
  return compareRedemptions(redemptions, members, holdings.items).findings.map(({ memberId, kind, what }) => ({
    guarantee: kind === 'lost' ? 'G1' : 'G3',
    what: `${memberId}: ${what}`,
    history: historyOf(memberId, holdings, observed),
  }));
}

/** G1: whoever answers to a registration is heard. */
function checkOnboarding({ accepted, members, holdings, observed }: Seen): Violation[] {
  const answers = new Map(members.map(({ pk, sk: _, ...item }) => [pk, Object.keys(item)]));
  return accepted.flatMap(({ member: { id } }): Violation[] => {
    const known = (answers.get(`onboarding#${id}`) ?? []).filter((answer) => !answer.endsWith(DELIVERY));
    const isFrom = (service: string) => (answer: string) => answer.startsWith(`answer#/rollcall/${service}#`);
    const missing = ANSWERING.filter((service) => !known.some(isFrom(service)));
    if (missing.length === 0) return [];
    const what = `${id} lacks the answer of ${missing}, and has the answers ${known.join(', ') || 'of nobody'}`;
    return [{ guarantee: 'G1', what, history: historyOf(id, holdings, observed) }];
  });
}

/** G1: of who has left every service says that it has erased, nothing about them is left, and nothing that they asked for. */
function checkLeft({ left, members, holdings, observed }: Seen): Violation[] {
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
    const silent = Object.keys(holdings.items).filter((service) => !(`confirmed#${service}` in erasure));
    const personal = (kept.get(id) ?? []).flatMap(({ service, item }) =>
      [phone, name].some((words) => JSON.stringify(item).includes(words))
        ? [`${service} ${item.sk} says who they were`]
        : [],
    );
    const found = [
      ...silent.map((service) => `${service} has not confirmed`),
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

/** What each subscriber holds of a member. */
const itemsOf = (id: string, { items }: Holdings): Holdings['items'] => {
  const own = Object.entries(items).map(([name, all]) => [name, all.filter(({ pk }) => pk === id)]);
  return Object.fromEntries(own) as Holdings['items'];
};

const historyOf = (id: string, holdings: Holdings, { published }: Observed): unknown[] => [
  ...published.filter(({ aggregateId }) => aggregateId === id).map(({ version }) => `version ${version} was published`),
  ...Object.values(itemsOf(id, holdings)).flat(),
];
