import { useTranslation } from 'react-i18next';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds as people read them: `0.4 ms`, `12 ms`, `3.4 s`, `5 min`. */
export function duration(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  if (ms < DAY) return `${(ms / HOUR).toFixed(1)} h`;
  return `${Math.round(ms / DAY)} d`;
}

/** Points in time in the language of the page: the day only if it is not today. */
export function useTime(): (at: string | number) => string {
  const { i18n } = useTranslation();
  const clock = new Intl.DateTimeFormat(i18n.language, { timeStyle: 'medium', hourCycle: 'h23' });
  const day = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'short', timeStyle: 'medium', hourCycle: 'h23' });
  return (at) => {
    const date = new Date(at);
    return (date.toDateString() === new Date().toDateString() ? clock : day).format(date);
  };
}
