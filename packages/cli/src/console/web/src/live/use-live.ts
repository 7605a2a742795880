import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Activity, Passing } from '../../../api.ts';
import { liveUrl } from '../api/client.ts';
import { queryClient } from '../api/queries.ts';
import { createLive, type Live } from './live.ts';

/** The connection to the server. After a reconnect, all queries are refetched. */
export const live = createLive(liveUrl, () => void queryClient.invalidateQueries());

/** @param select selects a part of the state. It must return the same object while this part is unchanged. */
export const useLive = <T>(select: (live: Live) => T): T =>
  useSyncExternalStore(live.subscribe, () => select(live.get()));

const NO_ACTIVITY: Activity = {};

export const useNodeActivity = (id: string): Activity => useLive(({ snapshot }) => snapshot?.nodes[id] ?? NO_ACTIVITY);

export const useEdgeActivity = (id: string): Activity => useLive(({ snapshot }) => snapshot?.edges[id] ?? NO_ACTIVITY);

const SHOWN = 20;
const REFRESH_MS = 500;

/** The last messages along one of these edges, latest first. */
export function useRecentPassings(edges: readonly string[]): readonly Passing[] {
  const [shown, show] = useState<readonly Passing[]>([]);
  const latest = useRef<readonly Passing[]>([]);
  const edgeIds = edges.join('\n');

  useEffect(() => {
    const ids = new Set(edgeIds.split('\n'));
    latest.current = [];
    show([]);
    const unsubscribe = live.onPassings((passings) => {
      const matching = passings.filter(({ edge }) => ids.has(edge));
      if (matching.length > 0)
        latest.current = [...matching.slice(-SHOWN).reverse(), ...latest.current].slice(0, SHOWN);
    });
    // Hundreds of messages may arrive in a second, so rendering is throttled.
    const timer = setInterval(() => show(latest.current), REFRESH_MS);
    return () => {
      unsubscribe();
      clearInterval(timer);
    };
  }, [edgeIds]);
  return shown;
}
