import type { Span } from '@rollcall/local/internal/observability/otlp';
import type { Burst } from 'rollcall/internal/console/api';
import type { BurstOptions, Bursts } from 'rollcall/internal/console/parts';
import { generatePeople } from '../demo/input.ts';
import { type Accepted, registerAll } from '../demo/registrations.ts';
import { createRegistrationProgress } from './registration-progress.ts';
import { storedEffects } from './stored-effects.ts';

/**
 * If no span of the registered members arrives for this time, missing effects are reported as lost. The time is longer
 * than the visibility timeout.
 */
const PATIENCE_MS = 90_000;
/**
 * If no span of the registered members arrives for this time, the services' tables are read. They show the effects
 * whose spans were lost.
 */
const SILENCE_MS = 5_000;
const REQUESTS_AT_ONCE = 16;

/**
 * Creates bursts. A burst registers many members at once, and is observed until every subscriber has applied or parked
 * the registrations, or until no further span arrives.
 */
export function createBursts(options: BurstOptions, onChange: (burst: Burst) => void): Bursts {
  const { cloud, subscribers, token } = options;
  let burst: Burst | undefined;
  let accepted = new Map<string, Accepted>();
  let progress = createRegistrationProgress(accepted);
  let lastEvaluatedAt = 0;
  let isEvaluating = false;

  /** Whether every service has applied or parked the registration of every member. */
  const isSettled = ({ accepted, rejected, total }: Burst) =>
    accepted + rejected === total && subscribers.every((service) => progress.settledBy(service) >= accepted);

  /** @param finally whether to report the verdict even if effects are missing or messages are parked */
  async function evaluate(evaluated: Burst, { finally: isOver }: { finally: boolean }): Promise<void> {
    isEvaluating = true;
    try {
      const { applied, verdict } = await storedEffects(options, accepted);
      // Missing effects may still appear, and parked messages may still be applied.
      if (!isOver && verdict.lost + verdict.parked > 0) return;
      onChange(Object.assign(evaluated, { applied, verdict }));
    } finally {
      lastEvaluatedAt = Date.now();
      isEvaluating = false;
    }
  }

  async function register(begun: Burst): Promise<void> {
    const { rejected } = await registerAll(generatePeople(begun.total, Math.random), {
      apiUrl: cloud.apiUrl,
      token: await token(),
      concurrency: REQUESTS_AT_ONCE,
      changeEvery: 0,
      onProgress: () => {},
      onAccepted(one) {
        accepted.set(one.member.id, one);
        begun.accepted++;
      },
    });
    begun.rejected = rejected.length;
  }

  return {
    last: () => burst,

    async start(total) {
      if (burst && !burst.verdict) return undefined;
      burst = { total, accepted: 0, rejected: 0, applied: {} };
      accepted = new Map();
      progress = createRegistrationProgress(accepted);
      register(burst).catch(console.error);
      return burst;
    },

    see(spans: readonly Span[]) {
      if (burst && !burst.verdict) progress.see(spans);
    },

    /** Called once a second. Reports the progress, and evaluates the burst when it has ended or no spans arrive. */
    tick() {
      if (!burst || burst.verdict || isEvaluating) return;
      burst.applied = Object.fromEntries(subscribers.map((name) => [name, progress.appliedBy(name)]));
      onChange(burst);
      const now = Date.now();
      const isOver = isSettled(burst) || now - progress.lastAt() > PATIENCE_MS;
      const isRegistered = burst.accepted + burst.rejected === burst.total;
      const isSilent = isRegistered && now - Math.max(progress.lastAt(), lastEvaluatedAt) > SILENCE_MS;
      // If the stage does not respond, a later tick tries again.
      if (isOver || isSilent) evaluate(burst, { finally: isOver }).catch(() => {});
    },
  };
}
