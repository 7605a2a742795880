import { PARKED } from '@rollcall/kit/contracts/subscriber-table';
import type { Span } from '@rollcall/local/observability/otlp';
import pMap from 'p-map';
import { madeUp } from '../../../../ops/demo/input.ts';
import { type Accepted, registerAll } from '../../../../ops/demo/registrations.ts';
import { type Item, itemsBy } from '../../../../ops/demo/services.ts';
import { compare } from '../../../../ops/demo/verdict.ts';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import { itemsAt } from '../stage/holdings.ts';
import type { Stage } from '../stage/stage.ts';
import type { Burst } from './api.ts';

/** Without any effect for longer than the queues' visibility timeout, what is missing is taken for lost. */
const PATIENCE_MS = 90_000;
/** Spans may be lost where effects are not: after so long without one, what the services hold is looked at. */
const SILENCE_MS = 5_000;
const REQUESTS_AT_ONCE = 16;
const LOOKS_AT_ONCE = 10;

export interface BurstOptions {
  stage: Stage;
  cloud: EmbeddedCloud;
  /** Who subscribes to what happens to members: every one is to apply each registration. */
  subscribers: readonly string[];
  token: () => Promise<string>;
}

export type Bursts = ReturnType<typeof createBursts>;

/** What a service did with a registration: as its span says. */
type Seen = Pick<Span, 'service'> & { member: string; isApplied: boolean };

/** Registrations many at once, watched until every subscriber has done what it should. One burst at a time. */
export function createBursts({ stage, cloud, subscribers, token }: BurstOptions, onChange: (burst: Burst) => void) {
  let burst: Burst | undefined;
  let accepted = new Map<string, Accepted>();
  /** Effects may be seen before the answers to the requests that they follow from. */
  let seen: Seen[] = [];
  let lastSeenAt = 0;
  let lastJudgedAt = 0;
  let judging = false;

  const ofBurst = (service: string, isApplied: boolean) =>
    new Set(
      seen
        .filter((one) => one.service === service && one.isApplied === isApplied && accepted.has(one.member))
        .map(({ member }) => member),
    );

  /** Of every member, every service has applied the registration, or set it aside. */
  const isSettled = ({ registered, rejected, members }: Burst) =>
    registered + rejected === members &&
    subscribers.every((service) => ofBurst(service, true).union(ofBurst(service, false)).size >= registered);

  /** What the services hold. Who has something parked lacks an effect, and has not lost it. */
  async function heldNow(): Promise<Required<Pick<Burst, 'applied' | 'verdict'>>> {
    const held = await pMap(
      accepted.values(),
      async (one) => {
        const { id, phone } = one.member;
        const [texts, ...items] = await Promise.all([
          cloud.texts(phone),
          ...subscribers.map((name) => itemsAt(stage, name, 'pk', id) as Promise<Item[]>),
        ]);
        const isParked = items.flat().some(({ sk }) => sk.startsWith(PARKED));
        return { one, items, isParked, texts: texts.map((text) => ({ ...text, idempotencyKey: null })) };
      },
      { concurrency: LOOKS_AT_ONCE },
    );
    const compared = (some: typeof held) =>
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
    const { sms, points, guides, lostBy } = compared(held);
    const own: Record<string, number> = { sms, points, guide: guides };
    const whole = held.filter(({ isParked }) => !isParked);
    const { lost, duplicated, outOfOrder } = compared(whole);
    return {
      applied: Object.fromEntries(subscribers.map((name) => [name, own[name] ?? held.length - (lostBy[name] ?? 0)])),
      verdict: { lost, duplicated, outOfOrder, parked: held.length - whole.length },
    };
  }

  /** @param finally also if something is missing */
  async function judge(judged: Burst, { finally: isOver }: { finally: boolean }): Promise<void> {
    judging = true;
    try {
      const { applied, verdict } = await heldNow();
      // What is parked hides what else its member waits for.
      if (!isOver && verdict.lost + verdict.parked > 0) return;
      onChange(Object.assign(judged, { applied, verdict }));
    } finally {
      lastJudgedAt = Date.now();
      judging = false;
    }
  }

  return {
    last: (): Burst | undefined => burst,

    /** @returns nothing, if one is under way */
    async start(count: number): Promise<Burst | undefined> {
      if (burst && !burst.verdict) return undefined;
      const begun: Burst = { members: count, registered: 0, rejected: 0, applied: {} };
      burst = begun;
      accepted = new Map();
      seen = [];
      lastSeenAt = Date.now();
      const registering = registerAll(madeUp(count, Math.random), {
        apiUrl: cloud.apiUrl,
        token: await token(),
        concurrency: REQUESTS_AT_ONCE,
        changeEvery: 0,
        onProgress: () => {},
        onAccepted(one) {
          accepted.set(one.member.id, one);
          begun.registered++;
        },
      });
      registering.then(({ rejected }) => {
        begun.rejected = rejected.length;
      }, console.error);
      return begun;
    },

    see(spans: readonly Span[]): void {
      if (!burst || burst.verdict) return;
      for (const { service, attributes } of spans) {
        const outcome = attributes['rollcall.outcome'];
        const isRegistration = String(attributes['cloudevents.event_type']).startsWith('rollcall.member.registered');
        if (!isRegistration || outcome === undefined || outcome === 'ignored') continue;
        const member = String(attributes['rollcall.aggregate']);
        if (accepted.has(member)) lastSeenAt = Date.now();
        seen.push({ service, member, isApplied: outcome === 'applied' || outcome === 'duplicate' });
      }
    },

    /** Tells how it goes, once a second. */
    tick(): void {
      if (!burst || burst.verdict || judging) return;
      burst.applied = Object.fromEntries(subscribers.map((name) => [name, ofBurst(name, true).size]));
      onChange(burst);
      const now = Date.now();
      const isOver = isSettled(burst) || now - lastSeenAt > PATIENCE_MS;
      const isRegistered = burst.registered + burst.rejected === burst.members;
      const isSilent = isRegistered && now - Math.max(lastSeenAt, lastJudgedAt) > SILENCE_MS;
      // A stage that does not answer now is judged at the next tick.
      if (isOver || isSilent) judge(burst, { finally: isOver }).catch(() => {});
    },
  };
}
