const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Formats milliseconds: `0.4 ms`, `12 ms`, `3.4 s`, `5 min`. */
export function duration(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  if (ms < DAY) return `${(ms / HOUR).toFixed(1)} h`;
  return `${Math.round(ms / DAY)} d`;
}

const UNITS = [
  [DAY, 'day'],
  [HOUR, 'hour'],
  [MINUTE, 'minute'],
  [SECOND, 'second'],
] as const;

/** Formats a point in time relative to another: `now`, `5 minutes ago`, `in 2 hours`. */
export function relative(at: number, now: number, language: string): string {
  const [length, unit] = UNITS.find(([length]) => Math.abs(at - now) >= length) ?? [SECOND, 'second'];
  const count = Math.trunc((at - now) / length);
  // With `auto`, a day would be a calendar day ("yesterday"), so only "now" uses `auto`.
  return new Intl.RelativeTimeFormat(language, { numeric: count === 0 ? 'auto' : 'always' }).format(count, unit);
}

/** Formats a point in time to the millisecond, with its time zone. */
export const exact = (at: number, language: string): string =>
  new Intl.DateTimeFormat(language, {
    ...{ year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' },
    ...{ fractionalSecondDigits: 3, hourCycle: 'h23', timeZoneName: 'short' },
  }).format(at);
