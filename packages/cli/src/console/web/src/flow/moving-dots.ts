import type { Passing } from '../../../api.ts';
import type { Layout, Point } from './layout.ts';

/** A readable maximum: at 200 registrations a second, thousands of messages pass. */
const MAX_DOTS = 240;
const PIXELS_PER_SECOND = 240;
const SHORTEST_MS = 350;
const MAX_MS = 1_400;
/** The messages of a second are reported at its end, and shown during the next. */
const MAX_DELAY_MS = 1_000;
const SAMPLES = 40;

interface Way {
  points: readonly Point[];
  ms: number;
}

interface Dot {
  way: Way;
  begins: number;
  bad: boolean;
}

/** Outcomes other than `applied`, `duplicate` and `ignored` are red. */
export const isBad = (outcome: string | undefined) =>
  outcome !== undefined && !['applied', 'duplicate', 'ignored'].includes(outcome);

function wayAlong(path: string): Way {
  const element = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  element.setAttribute('d', path);
  const length = element.getTotalLength();
  const points = Array.from({ length: SAMPLES + 1 }, (_, n) => element.getPointAtLength((length * n) / SAMPLES));
  const ms = (length / PIXELS_PER_SECOND) * 1_000;
  return { points, ms: Math.min(MAX_MS, Math.max(SHORTEST_MS, ms)) };
}

function at({ points }: Way, part: number): Point | undefined {
  const place = part * SAMPLES;
  const from = points[Math.floor(place)];
  const to = points[Math.ceil(place)];
  const rest = place % 1;
  return from && to && { x: from.x + (to.x - from.x) * rest, y: from.y + (to.y - from.y) * rest };
}

/** The dots of messages in transit, and the position of each at a given time. */
export function createDots({ edges }: Layout) {
  const ways = new Map([...edges].map(([id, { path }]) => [id, wayAlong(path)]));
  let dots: Dot[] = [];
  return {
    add(passings: readonly Passing[], now: number): void {
      const first = Date.parse(passings[0]?.at ?? '');
      for (const { edge, at, outcome } of passings) {
        const way = ways.get(edge);
        if (!way || dots.length >= MAX_DOTS) continue;
        const delay = Math.min(MAX_DELAY_MS, Math.max(0, Date.parse(at) - first || 0));
        dots.push({ way, begins: now + delay, bad: isBad(outcome) });
      }
    },
    /** @returns whether there is anything left to draw */
    draw(now: number, dot: (point: Point, bad: boolean) => void): boolean {
      dots = dots.filter(({ begins, way }) => now < begins + way.ms);
      for (const { begins, way, bad } of dots) {
        const point = now >= begins && at(way, (now - begins) / way.ms);
        if (point) dot(point, bad);
      }
      return dots.length > 0;
    },
  };
}
