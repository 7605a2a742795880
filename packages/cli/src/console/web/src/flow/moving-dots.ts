import type { Passing } from '../../../api.ts';
import type { Layout, Point } from './layout.ts';

/** Maximum number of dots. A user cannot follow the thousands of messages that pass under load. */
const MAX_DOTS = 240;
const PIXELS_PER_SECOND = 240;
const MIN_MS = 350;
const MAX_MS = 1_400;
/** The messages of a second are reported together at its end. The dots are spread over the next second. */
const MAX_DELAY_MS = 1_000;
const SAMPLES = 40;

interface SampledPath {
  points: readonly Point[];
  ms: number;
}

interface Dot {
  path: SampledPath;
  startsAt: number;
  bad: boolean;
}

/** Whether an outcome is shown in red. All outcomes except `applied`, `duplicate` and `ignored` are. */
export const isBad = (outcome: string | undefined) =>
  outcome !== undefined && !['applied', 'duplicate', 'ignored'].includes(outcome);

function samplePath(path: string): SampledPath {
  const element = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  element.setAttribute('d', path);
  const length = element.getTotalLength();
  const points = Array.from({ length: SAMPLES + 1 }, (_, n) => element.getPointAtLength((length * n) / SAMPLES));
  const ms = (length / PIXELS_PER_SECOND) * 1_000;
  return { points, ms: Math.min(MAX_MS, Math.max(MIN_MS, ms)) };
}

function positionAt({ points }: SampledPath, part: number): Point | undefined {
  const sample = part * SAMPLES;
  const from = points[Math.floor(sample)];
  const to = points[Math.ceil(sample)];
  const fraction = sample % 1;
  return from && to && { x: from.x + (to.x - from.x) * fraction, y: from.y + (to.y - from.y) * fraction };
}

/** Stores a dot for each message in transit, and computes its position at a given time. */
export function createDots({ edges }: Layout) {
  const paths = new Map([...edges].map(([id, { path }]) => [id, samplePath(path)]));
  let dots: Dot[] = [];
  return {
    add(passings: readonly Passing[], now: number): void {
      const first = Date.parse(passings[0]?.at ?? '');
      for (const { edge, at, outcome } of passings) {
        const path = paths.get(edge);
        if (!path || dots.length >= MAX_DOTS) continue;
        const delay = Math.min(MAX_DELAY_MS, Math.max(0, Date.parse(at) - first || 0));
        dots.push({ path, startsAt: now + delay, bad: isBad(outcome) });
      }
    },
    /** @returns whether there is anything left to draw */
    draw(now: number, drawDot: (point: Point, bad: boolean) => void): boolean {
      dots = dots.filter(({ startsAt, path }) => now < startsAt + path.ms);
      for (const { startsAt, path, bad } of dots) {
        const point = now >= startsAt && positionAt(path, (now - startsAt) / path.ms);
        if (point) drawDot(point, bad);
      }
      return dots.length > 0;
    },
  };
}
