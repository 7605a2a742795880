import { ledgerOf } from '../../functions/points/ledger.ts';
import { closestLocale } from '../../shared/localization.ts';
import { cursorsOf } from './cursors.ts';
import type { Accepted } from './registrations.ts';
import type { Holdings, Item, Text } from './services.ts';

/**
 * One function for each additional subscriber, by the subscriber's name. A function counts the effects of its
 * subscriber in the items about a member. Every member must have one effect of each of these subscribers.
 */
export type FurtherEffects = Readonly<Record<string, (items: readonly Item[]) => number>>;

export interface Verdict {
  sms: number;
  points: number;
  guides: number;
  /** Number of effects of each additional subscriber, by name. */
  further: Record<string, number>;
  /** Missing effects of accepted registrations or changes. */
  lost: number;
  /** Missing effects by subscriber. Contains only subscribers that lost effects. */
  lostBy: Record<string, number>;
  /** Effects that exist more than once, and balances that differ from the ledger. */
  duplicated: number;
  /**
   * How often a subscriber skipped a version of a member. A guide counts, too, if it has the member's version but not
   * the locale closest to the member's.
   */
  outOfOrder: number;
  /**
   * Milliseconds from the request to the last of the application's three effects, for each unchanged member with all
   * three.
   */
  endToEndMs: number[];
}

/** The data that the subscribers store about one member. */
interface MemberData {
  texts: Text[];
  points: Item[];
  contact: Item | undefined;
  account: Item | undefined;
  journey: Item | undefined;
  further: Array<[name: string, count: number]>;
  /** The cursor of each subscriber. */
  cursors: Array<[name: string, cursor: Item | undefined]>;
}

const JOURNEY_LOCALES = ['en', 'es', 'zh-CN'];

/** Compares the requests accepted by the API with the data of the subscribers. */
export function compare(
  accepted: readonly Accepted[],
  holdings: Holdings,
  furtherEffects: FurtherEffects = {},
): Verdict {
  const verdict: Verdict = {
    ...{ sms: 0, points: 0, guides: 0, further: {}, lost: 0, lostBy: {} },
    ...{ duplicated: 0, outOfOrder: 0, endToEndMs: [] },
  };
  const dataOf = memberDataFrom(holdings, furtherEffects);
  for (const one of accepted) {
    const data = dataOf(one);
    const { sms, points, guides, duplicated, lost } = effectsOf(data);
    verdict.sms += sms;
    verdict.points += points;
    verdict.guides += guides;
    for (const [name, count] of data.further) verdict.further[name] = (verdict.further[name] ?? 0) + count;
    verdict.duplicated += duplicated;
    for (const [name, cursor] of data.cursors) {
      const count = (lost[name] ?? 0) + (isBehind(one, cursor, lost[name]) ? 1 : 0);
      if (count > 0) verdict.lostBy[name] = (verdict.lostBy[name] ?? 0) + count;
      verdict.lost += count;
    }
    verdict.outOfOrder += outOfOrderOf(one, data);
    verdict.endToEndMs.push(...endToEndOf(one, data));
  }
  return verdict;
}

function memberDataFrom(
  { texts, items }: Holdings,
  furtherEffects: FurtherEffects,
): (accepted: Accepted) => MemberData {
  const textsByPhone = Map.groupBy(texts, ({ to }) => to);
  const byMember = (name: string) => Map.groupBy(items[name] ?? [], ({ pk }) => pk);
  const [sms, points, guide] = [byMember('sms'), byMember('points'), byMember('guide')];
  const further = Object.entries(furtherEffects).map(([name, countOf]) => [name, countOf, byMember(name)] as const);
  const cursors = Object.entries(items).map(([name, all]) => [name, cursorsOf(all)] as const);
  const itemNamed = (wanted: string, all: readonly Item[] = []) => all.find(({ sk }) => sk === wanted);
  return ({ member: { id, phone }, askedAt }) => ({
    texts: (textsByPhone.get(phone) ?? []).filter(({ receivedAt }) => Date.parse(receivedAt) >= askedAt),
    points: points.get(id) ?? [],
    contact: itemNamed('contact', sms.get(id)),
    account: itemNamed('account', points.get(id)),
    journey: itemNamed('journey', guide.get(id)),
    further: further.map(([name, countOf, all]) => [name, countOf(all.get(id) ?? [])]),
    cursors: cursors.map(([name, all]) => [name, all.get(id)]),
  });
}

/** Counts the effects, duplicates and missing effects of one member. */
function effectsOf({ texts, points, contact, account, journey, further }: MemberData) {
  const ledger = ledgerOf(points);
  const entries = (reason: string) => ledger.filter((entry) => entry.reason === reason).length;
  // Each redemption sends an SMS, unless the member has opted out.
  const expectedTexts = contact?.welcome === 'opted out' ? 0 : 1 + entries('redemption');
  const bonuses = entries('registration');
  const guides = journey?.startedAt ? 1 : 0;
  const earned = ledger.reduce((sum, entry) => sum + entry.points, 0);
  const isTwice = [
    texts.length > expectedTexts,
    bonuses > 1,
    bonuses === 1 && account?.balance !== earned,
    ...further.map(([, count]) => count > 1),
  ];
  const lost: Record<string, number> = {
    sms: Math.max(0, expectedTexts - texts.length),
    points: bonuses === 0 ? 1 : 0,
    guide: 1 - guides,
    ...Object.fromEntries(further.map(([name, count]) => [name, count === 0 ? 1 : 0])),
  };
  return { sms: texts.length, points: bonuses, guides, duplicated: isTwice.filter(Boolean).length, lost };
}

/**
 * Whether a subscriber has not applied all versions of a member. False if the subscriber has no cursor for the member
 * and an effect of the subscriber is missing, because the missing effect is already counted.
 */
const isBehind = ({ member }: Accepted, cursor: Item | undefined, lacks = 0): boolean =>
  Number(cursor?.version ?? 0) < member.version && (cursor !== undefined || lacks === 0);

function outOfOrderOf({ member }: Accepted, { cursors, journey }: MemberData): number {
  const skipped = cursors.filter(([, cursor]) => cursor?.baseline !== undefined).length;
  if (journey?.version !== member.version) return skipped;
  return skipped + (journey.journeyLocale === closestLocale(member.locale, JOURNEY_LOCALES, 'en') ? 0 : 1);
}

function endToEndOf({ member, askedAt }: Accepted, { texts: [text], account, journey }: MemberData): number[] {
  if (!text || !account || !journey || member.version !== 1) return [];
  const times = [text.receivedAt, account.appliedAt, journey.appliedAt].map((at) => Date.parse(String(at)));
  return [Math.max(...times) - askedAt];
}
