import {
  keepPreviousData,
  QueryClient,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type {
  About,
  AggregateView,
  CircuitView,
  DiscardRequest,
  Faults,
  LoadPoint,
  ParkedPage,
  ProviderFault,
  RecentAggregate,
  Switches,
  SwitchRequest,
  Topology,
} from '../../../api.ts';
import { get, ProblemError, send } from './client.ts';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // A problem from the server is final. Any other failed request, such as one without a response, is retried twice.
      retry: (failures, error) => failures < 2 && !(error instanceof ProblemError && error.document.type),
      staleTime: 1_000,
      refetchOnWindowFocus: false,
    },
  },
});

export const about = queryOptions({
  queryKey: ['about'],
  queryFn: ({ signal }) => get<About>('/about', signal),
  staleTime: Number.POSITIVE_INFINITY,
});

export const useAbout = () => useQuery(about);

/** The initial values of the form that creates an aggregate, if the app has such a form. */
export const useSample = () => {
  const { data: about } = useAbout();
  return useQuery({
    queryKey: ['sample'],
    queryFn: ({ signal }) => get<Record<string, string>>('/sample', signal),
    enabled: about?.form !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
};

export const useTopology = () =>
  useQuery({
    queryKey: ['topology'],
    queryFn: ({ signal }) => get<Topology>('/topology', signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

/**
 * The load of the last 15 minutes. In an AWS account, it is fetched every minute, because CloudWatch has a new point
 * every minute. In an embedded cloud, it is fetched once, because later points arrive as server-sent events.
 */
export const usePastLoad = () => {
  const { data: about } = useAbout();
  return useQuery({
    queryKey: ['load'],
    queryFn: ({ signal }) => get<LoadPoint[]>('/load', signal),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: about?.embedded === false ? 60_000 : false,
    // The points are large and outdated as soon as the user leaves the page.
    gcTime: 0,
  });
};

export const useRecentAggregates = () =>
  useQuery({
    queryKey: ['aggregates'],
    queryFn: ({ signal }) => get<RecentAggregate[]>('/aggregates', signal),
    refetchInterval: 3_000,
  });

export const useAggregate = (id: string) =>
  useQuery({
    queryKey: ['aggregates', id],
    queryFn: ({ signal }) => get<AggregateView>(`/aggregates/${encodeURIComponent(id)}`, signal),
    refetchInterval: 2_000,
    // Timelines are large, so a timeline is dropped soon after its page is closed.
    gcTime: 10_000,
  });

export interface ParkedFilter {
  subscriber: string | undefined;
  reason: string | undefined;
  limit: number;
}

export const useParked = ({ subscriber, reason, limit }: ParkedFilter) =>
  useQuery({
    queryKey: ['parked', subscriber, reason, limit],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams({ limit: String(limit) });
      if (subscriber) query.set('subscriber', subscriber);
      if (reason) query.set('reason', reason);
      return get<ParkedPage>(`/parked?${query}`, signal);
    },
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
  });

export const useDiscard = () => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: DiscardRequest) => send<object>('POST', '/parked/discard', request),
    onSuccess: () => client.invalidateQueries({ queryKey: ['parked'] }),
  });
};

export const useSwitches = () =>
  useQuery({
    queryKey: ['switches'],
    queryFn: ({ signal }) => get<Switches>('/switches', signal),
    refetchInterval: 5_000,
  });

export const useSwitch = () => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: SwitchRequest) => send<Switches>('POST', '/switches', request),
    onSuccess: (switches) => client.setQueryData(['switches'], switches),
  });
};

export const useCircuits = () =>
  useQuery({
    queryKey: ['circuits'],
    queryFn: ({ signal }) => get<CircuitView[]>('/circuits', signal),
    refetchInterval: 2_000,
  });

export const useResetCircuit = () => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => send<CircuitView[]>('POST', `/circuits/${encodeURIComponent(name)}/reset`),
    onSuccess: (circuits) => client.setQueryData(['circuits'], circuits),
  });
};

/** The injected faults. They are queried only if the stage is in an embedded cloud. */
export const useFaults = () => {
  const { data: about } = useAbout();
  return useQuery({
    queryKey: ['faults'],
    queryFn: ({ signal }) => get<Faults>('/faults', signal),
    enabled: about?.embedded === true,
    refetchInterval: 5_000,
  });
};

/** A fault to set or to remove. */
export type FaultChange =
  | { provider: string; fault: ProviderFault | null }
  | { function: string; stopped: boolean }
  | { latencyMs: number };

function changeFault(change: FaultChange): Promise<Faults> {
  if ('latencyMs' in change) return send('PUT', '/faults/latency', { ms: change.latencyMs });
  if ('function' in change) {
    return send(change.stopped ? 'PUT' : 'DELETE', `/faults/stopped/${encodeURIComponent(change.function)}`);
  }
  const path = `/faults/providers/${encodeURIComponent(change.provider)}`;
  return change.fault ? send('PUT', path, change.fault) : send('DELETE', path);
}

export const useChangeFaults = () => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (changes: readonly FaultChange[]) => {
      for (const change of changes) client.setQueryData(['faults'], await changeFault(change));
    },
  });
};
