import { PARKED } from '@rollcall/kit/internal/contracts/subscriber-table';
import pMap from 'p-map';
import type { Burst } from 'rollcall/internal/console/api';
import type { BurstOptions } from 'rollcall/internal/console/parts';
import { itemsAt } from 'rollcall/internal/stage/holdings';
import { openStage } from 'rollcall/internal/stage/stage';
import type { Accepted } from '../demo/registrations.ts';
import { type Item, itemsBy } from '../demo/services.ts';
import { compare } from '../demo/verdict.ts';
import { textsTo } from './sandbox.ts';

const CONCURRENT_READS = 10;

/**
 * Reads the effects that the services store for members, and counts lost, duplicate and out-of-order effects. Members
 * with a parked message are counted separately, because their missing effects are not lost.
 */
export async function storedEffects(
  { stage: { app, name, endpoint }, cloud, subscribers }: BurstOptions,
  accepted: ReadonlyMap<string, Accepted>,
): Promise<Required<Pick<Burst, 'applied' | 'verdict'>>> {
  const stage = openStage({ app, name, endpoint });
  const stored = await pMap(
    accepted.values(),
    async (one) => {
      const { id, phone } = one.member;
      const [texts, ...items] = await Promise.all([
        textsTo(cloud, phone),
        ...subscribers.map((name) => itemsAt(stage, name, 'pk', id) as Promise<Item[]>),
      ]);
      const isParked = items.flat().some(({ sk }) => sk.startsWith(PARKED));
      return { one, items, isParked, texts: texts.map((text) => ({ ...text, idempotencyKey: null })) };
    },
    { concurrency: CONCURRENT_READS },
  );
  const compared = (some: typeof stored) =>
    compare(
      some.map(({ one }) => one),
      {
        texts: some.flatMap(({ texts }) => texts),
        items: itemsBy(
          subscribers,
          subscribers.map((_, index) => some.flatMap(({ items }) => items[index] ?? [])),
        ),
      },
    );
  const { sms, points, guides, lostBy } = compared(stored);
  const counts: Record<string, number> = { sms, points, guide: guides };
  const withoutParked = stored.filter(({ isParked }) => !isParked);
  const { lost, duplicated, outOfOrder } = compared(withoutParked);
  return {
    applied: Object.fromEntries(subscribers.map((name) => [name, counts[name] ?? stored.length - (lostBy[name] ?? 0)])),
    verdict: { lost, duplicated, outOfOrder, parked: stored.length - withoutParked.length },
  };
}
