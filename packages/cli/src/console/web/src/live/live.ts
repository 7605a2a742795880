import { replaceEqualDeep } from '@tanstack/react-query';
import type { Burst, Failure, LoadPoint, Passing, Snapshot } from '../../../api.ts';

export type Connection = 'connecting' | 'live' | 'lost';

/** State from the server-sent events. */
export interface Live {
  connection: Connection;
  snapshot: Snapshot | undefined;
  /** The last minute, oldest first. */
  lastMinute: readonly Snapshot[];
  /** Since the page was opened, 15 minutes at most. */
  load: readonly LoadPoint[];
  burst: Burst | undefined;
  /** Failed invocations, latest first. */
  failures: readonly Failure[];
}

const MINUTE_MS = 60_000;
/** 15 minutes of seconds. */
const MAX_POINTS = 900;
/** In an AWS account, a snapshot arrives every ten seconds. */
const SILENCE_MS = 25_000;
const NEXT_TRY_MS = 2_000;

/** The stream of server-sent events, as a store for `useSyncExternalStore`. */
export function createLive(url: string, reconnected: () => void) {
  let live: Live = {
    connection: 'connecting',
    snapshot: undefined,
    lastMinute: [],
    load: [],
    burst: undefined,
    failures: [],
  };
  const listeners = new Set<() => void>();
  const passingListeners = new Set<(passings: readonly Passing[]) => void>();
  let source: EventSource | undefined;
  let silence: number | undefined;

  function change(changed: Partial<Live>): void {
    live = { ...live, ...changed };
    for (const listener of listeners) listener();
  }

  function heard(): void {
    window.clearTimeout(silence);
    silence = window.setTimeout(lost, SILENCE_MS);
    if (live.connection === 'live') return;
    const again = live.connection === 'lost';
    change({ connection: 'live' });
    if (again) reconnected();
  }

  /** `EventSource` does not reconnect after an error response, or if events stop arriving, so this does. */
  function lost(): void {
    source?.close();
    window.clearTimeout(silence);
    silence = window.setTimeout(open, NEXT_TRY_MS);
    if (live.connection !== 'lost') change({ connection: 'lost' });
  }

  function took(snapshot: Snapshot): void {
    // Unchanged parts stay the same object, so React renders only the changed ones.
    const now = Date.parse(snapshot.load.at);
    const shared = replaceEqualDeep(live.snapshot, snapshot);
    change({
      snapshot: shared,
      lastMinute: [...live.lastMinute.filter(({ load }) => Date.parse(load.at) > now - MINUTE_MS), shared],
      load: [...live.load, shared.load].slice(-MAX_POINTS),
    });
  }

  function open(): void {
    source = new EventSource(url);
    source.addEventListener('error', lost);
    const on = <T>(event: string, told: (data: T) => void) =>
      source?.addEventListener(event, ({ data }: MessageEvent<string>) => {
        heard();
        told(JSON.parse(data) as T);
      });
    on<Snapshot>('snapshot', took);
    on<Burst>('burst', (burst) => change({ burst }));
    on<Failure[]>('failures', (failures) => change({ failures }));
    on<Passing[]>('messages', (passings) => {
      for (const listener of passingListeners) listener(passings);
    });
    silence = window.setTimeout(lost, SILENCE_MS);
  }

  return {
    open,
    get: () => live,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onPassings(listener: (passings: readonly Passing[]) => void) {
      passingListeners.add(listener);
      return () => passingListeners.delete(listener);
    },
    burstBegan: (burst: Burst) => change({ burst }),
  };
}
