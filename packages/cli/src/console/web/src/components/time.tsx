import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { exact, relative } from './times.ts';

const listeners = new Set<() => void>();
let timer: number | undefined;

/** Calls the listener every second. All relative times of a page share one timer. */
function onSecond(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= window.setInterval(() => {
    for (const notify of listeners) notify();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}

/** Shows a point in time relative to now, and the exact time on hover. */
export function Time({ at }: { at: string | number }) {
  const {
    i18n: { language },
  } = useTranslation();
  const date = new Date(at);
  const text = useSyncExternalStore(onSecond, () => relative(date.getTime(), Date.now(), language));
  return (
    <time dateTime={date.toISOString()} title={exact(date.getTime(), language)} style={{ whiteSpace: 'nowrap' }}>
      {text}
    </time>
  );
}
