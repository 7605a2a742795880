import { ledgerOf } from '../../functions/points/ledger.ts';
import { closestLocale } from '../../shared/localization.ts';
import type { Accepted } from './registrations.ts';
import type { Holdings, Item } from './services.ts';

export interface Verdict {
  sms: number;
  points: number;
  guides: number;
  /** Effects that an accepted registration or change should have and has not. */
  lost: number;
  /** Effects that are there more than once. */
  duplicated: number;
  /** Services that skipped a version of a member, or show the state of an older one. */
  outOfOrder: number;
  /** From the request to the last of the three effects, for each member who has them all. */
  endToEndMs: number[];
}

const JOURNEY_LOCALES = ['en', 'es', 'zh-CN'];

/** Compares what the API accepted with what the three services hold. */
export function compare(accepted: readonly Accepted[], { texts, sms, points, guide }: Holdings): Verdict {
  const verdict: Verdict = { sms: 0, points: 0, guides: 0, lost: 0, duplicated: 0, outOfOrder: 0, endToEndMs: [] };
  const textsByPhone = Map.groupBy(texts, ({ to }) => to);
  const byMember = (items: readonly Item[]) => Map.groupBy(items, ({ pk }) => pk);
  const [smsItems, pointsItems, guideItems] = [byMember(sms), byMember(points), byMember(guide)];

  for (const { member, askedAt } of accepted) {
    const ownTexts = (textsByPhone.get(member.phone) ?? []).filter(
      ({ receivedAt }) => Date.parse(receivedAt) >= askedAt,
    );
    const ledger = ledgerOf(pointsItems.get(member.id) ?? []);
    const entries = (reason: string) => ledger.filter((entry) => entry.reason === reason).length;
    // Who redeems is told by a text, each time; whoever has opted out of texts is told nothing.
    const contact = smsItems.get(member.id)?.find(({ sk }) => sk === 'contact');
    const expectedTexts = contact?.welcome === 'opted out' ? 0 : 1 + entries('redemption');
    const account = pointsItems.get(member.id)?.find(({ sk }) => sk === 'account');
    const journey = guideItems.get(member.id)?.find(({ sk }) => sk === 'journey');
    const cursors = [contact, account, journey];

    const counts = [entries('registration'), journey?.startedAt ? 1 : 0] as const;
    verdict.sms += ownTexts.length;
    verdict.points += counts[0];
    verdict.guides += counts[1];
    verdict.lost += counts.filter((count) => count === 0).length + Math.max(0, expectedTexts - ownTexts.length);
    verdict.duplicated += counts.filter((count) => count > 1).length + (ownTexts.length > expectedTexts ? 1 : 0);
    const earned = ledger.reduce((sum, entry) => sum + entry.points, 0);
    if (counts[0] === 1 && account?.balance !== earned) verdict.duplicated++;

    // A missing point or guide was counted above, and with it its cursor.
    const behind = cursors.filter(
      (cursor, index) => Number(cursor?.version ?? 0) < member.version && (cursor || index === 0),
    );
    verdict.lost += behind.length;
    verdict.outOfOrder += cursors.filter((cursor) => cursor?.baseline !== undefined).length;
    const caughtUp = journey?.version === member.version;
    if (caughtUp && journey.journeyLocale !== closestLocale(member.locale, JOURNEY_LOCALES, 'en')) verdict.outOfOrder++;

    const [text] = ownTexts;
    if (text && account && journey && member.version === 1) {
      const last = Math.max(
        ...[text.receivedAt, account.appliedAt, journey.appliedAt].map((at) => Date.parse(String(at))),
      );
      verdict.endToEndMs.push(last - askedAt);
    }
  }
  return verdict;
}

/** The value below which a share of all values lies, by nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
