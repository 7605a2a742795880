import { replaceEqualDeep } from '@tanstack/react-query';
import type { Burst, Failure, LoadPoint, Passing, Snapshot } from '../../../api.ts';

export type Connection = 'connecting' | 'live' | 'lost';

/** State from the server-sent events. */
export interface Live {
  connection: Connection;
  snapshot: Snapshot | undefined;
  /** The snapshots of the last minute, oldest first. */
  lastMinute: readonly Snapshot[];
  /** The load of each snapshot since the page was opened, for at most the last 900 snapshots. */
  load: readonly LoadPoint[];
  burst: Burst | undefined;
  /** Failed invocations and denied calls, latest first. */
  failures: readonly Failure[];
}

const MINUTE_MS = 60_000;
/** In an embedded cloud, a snapshot arrives every second, so this number of snapshots covers 15 minutes. */
const MAX_POINTS = 900;
/**
 * After this time without an event, the connection counts as lost. In an AWS account, a snapshot arrives every ten
 * seconds.
 */
const SILENCE_MS = 25_000;
const RECONNECT_MS = 2_000;

/** The stream of server-sent events, as a store for `useSyncExternalStore`. */
export function createLive(url: string, onReconnected: () => void) {
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
  let silenceTimer: number | undefined;

  function change(changed: Partial<Live>): void {
    live = { ...live, ...changed };
    for (const listener of listeners) listener();
  }

  function onEvent(): void {
    window.clearTimeout(silenceTimer);
    silenceTimer = window.setTimeout(reconnect, SILENCE_MS);
    if (live.connection === 'live') return;
    const wasLost = live.connection === 'lost';
    change({ connection: 'live' });
    if (wasLost) onReconnected();
  }

  /** Reconnects. `EventSource` does not reconnect after an error response, or if events stop arriving. */
  function reconnect(): void {
    source?.close();
    window.clearTimeout(silenceTimer);
    silenceTimer = window.setTimeout(open, RECONNECT_MS);
    if (live.connection !== 'lost') change({ connection: 'lost' });
  }

  function onSnapshot(snapshot: Snapshot): void {
    const now = Date.parse(snapshot.load.at);
    // Unchanged parts remain the same objects, so React renders only the changed parts.
    const shared = replaceEqualDeep(live.snapshot, snapshot);
    change({
      snapshot: shared,
      lastMinute: [...live.lastMinute.filter(({ load }) => Date.parse(load.at) > now - MINUTE_MS), shared],
      load: [...live.load, shared.load].slice(-MAX_POINTS),
    });
  }

  function open(): void {
    source = new EventSource(url);
    source.addEventListener('error', reconnect);
    const on = <T>(event: string, handle: (data: T) => void) =>
      source?.addEventListener(event, ({ data }: MessageEvent<string>) => {
        onEvent();
        handle(JSON.parse(data) as T);
      });
    on<Snapshot>('snapshot', onSnapshot);
    on<Burst>('burst', (burst) => change({ burst }));
    on<Failure[]>('failures', (failures) => change({ failures }));
    on<Passing[]>('messages', (passings) => {
      for (const listener of passingListeners) listener(passings);
    });
    silenceTimer = window.setTimeout(reconnect, SILENCE_MS);
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
    burstStarted: (burst: Burst) => change({ burst }),
  };
}
