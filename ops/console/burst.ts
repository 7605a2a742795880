import pMap from 'p-map';
import type { Span } from '../../local/traces.ts';
import { madeUp } from '../demo/input.ts';
import { type Accepted, registerAll } from '../demo/registrations.ts';
import type { Item } from '../demo/services.ts';
import { compare, type Verdict } from '../demo/verdict.ts';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import { itemsAt } from '../stage/holdings.ts';
import type { Stage } from '../stage/stage.ts';
import type { Burst } from './api.ts';

/** The services that do something for who registers. */
const SERVICES = ['sms', 'points', 'guide'] as const;
/** Without any effect for longer than the queues' visibility timeout, what is missing is taken for lost. */
const PATIENCE_MS = 90_000;
const REQUESTS_AT_ONCE = 16;
const LOOKS_AT_ONCE = 10;

export type Bursts = ReturnType<typeof createBursts>;

/** Registrations many at once, watched until every service has done what it should. One burst at a time. */
export function createBursts(
  { stage, cloud, token }: { stage: Stage; cloud: EmbeddedCloud; token: () => Promise<string> },
  onChange: (burst: Burst) => void,
) {
  let burst: Burst | undefined;
  let members = new Set<string>();
  let accepted: Accepted[] = [];
  let lastEffectAt = 0;
  /** Effects come before the answers to the requests that they follow from. */
  let seen: Array<[service: string, member: string]> = [];

  const isOver = ({ registered, rejected, members: all, applied }: Burst) =>
    registered + rejected === all && SERVICES.every((service) => (applied[service] ?? 0) >= registered);

  function countApplied(): void {
    if (!burst) return;
    const effects = seen.filter(([, member]) => members.has(member));
    burst.applied = Object.fromEntries(
      SERVICES.map((name) => [
        name,
        new Set(effects.flatMap(([service, member]) => (service === name ? member : []))).size,
      ]),
    );
  }

  async function verdictOf(): Promise<Pick<Verdict, 'lost' | 'duplicated' | 'outOfOrder'>> {
    const held = await pMap(
      accepted,
      async ({ member: { id, phone } }) => ({
        texts: (await cloud.texts(phone)).map((text) => ({ ...text, idempotencyKey: null })),
        items: await Promise.all(SERVICES.map((name) => itemsAt(stage, name, 'pk', id) as Promise<Item[]>)),
      }),
      { concurrency: LOOKS_AT_ONCE },
    );
    const of = (index: number) => held.flatMap(({ items }) => items[index] ?? []);
    return compare(accepted, {
      texts: held.flatMap(({ texts }) => texts),
      sms: of(0),
      points: of(1),
      guide: of(2),
    });
  }

  return {
    /** @returns nothing, if one is under way */
    async start(count: number): Promise<Burst | undefined> {
      if (burst && !burst.verdict) return undefined;
      const begun: Burst = { members: count, registered: 0, rejected: 0, applied: {} };
      burst = begun;
      members = new Set();
      accepted = [];
      seen = [];
      lastEffectAt = Date.now();
      const registering = registerAll(madeUp(count, Math.random), {
        apiUrl: cloud.apiUrl,
        token: await token(),
        concurrency: REQUESTS_AT_ONCE,
        changeEvery: 0,
        onProgress: () => {},
        onAccepted(one) {
          accepted.push(one);
          members.add(one.member.id);
          begun.registered++;
        },
      });
      registering.then(
        ({ rejected }) => {
          begun.rejected = rejected.length;
        },
        () => {
          begun.rejected = count - begun.registered;
        },
      );
      return begun;
    },

    see(spans: readonly Span[]): void {
      if (!burst || burst.verdict) return;
      for (const { service, attributes } of spans) {
        const isEffect =
          attributes['rollcall.lag_ms'] !== undefined &&
          String(attributes['cloudevents.event_type']).startsWith('rollcall.member.registered');
        if (isEffect) seen.push([service, String(attributes['rollcall.aggregate'])]);
      }
      if (spans.length > 0) lastEffectAt = Date.now();
    },

    /** Tells how it goes, once a second. */
    async tick(): Promise<void> {
      if (!burst || burst.verdict) return;
      countApplied();
      if (isOver(burst) || Date.now() - lastEffectAt > PATIENCE_MS) {
        const { lost, duplicated, outOfOrder } = await verdictOf();
        burst.verdict = { lost, duplicated, outOfOrder };
      }
      onChange(burst);
    },
  };
}
