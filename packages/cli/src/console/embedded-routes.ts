import * as z from 'zod';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import type { Faults } from './api.ts';
import { type ConsoleRequest, parseBody, type RouteHandler } from './console-request.ts';
import type { Bursts, ConsoleParts, Creation, ProviderFaults } from './parts.ts';
import { ConsoleProblem } from './problem.ts';

const MAX_BURST = 1_000;

const REJECTED = { en: 'The API rejected the request.', zh: 'API 拒绝了请求。' };

const burstRequest = z.strictObject({ total: z.int().min(1).max(MAX_BURST) });
const latencyRequest = z.strictObject({ ms: z.int().min(0).max(10_000) });

/**
 * Routes that exist only for an embedded cloud, because in an AWS account they would create real data or cause real
 * faults.
 */
export const embeddedRoutes = (
  cloud: EmbeddedCloud,
  { creation, faults }: ConsoleParts,
  bursts: Bursts | undefined,
): Record<string, RouteHandler> => ({
  ...(creation && createRoutes(cloud, creation)),
  ...(bursts && burstRoute(bursts)),
  ...faultRoutes(cloud, faults),
});

const createRoutes = (cloud: EmbeddedCloud, { sample, request }: Creation): Record<string, RouteHandler> => ({
  'GET sample': async () => sample(),
  'POST create': async ({ body }) => {
    const response = await request(cloud, body);
    const answer = (await response.json()) as object & { title?: string };
    if (!response.ok)
      throw new ConsoleProblem(response.status, answer.title === undefined ? REJECTED : { en: answer.title }, answer);
    return answer;
  },
});

const burstRoute = (bursts: Bursts) => ({
  'POST burst': async ({ body }: ConsoleRequest) => {
    const burst = await bursts.start(parseBody(burstRequest, body).total);
    if (!burst)
      throw new ConsoleProblem(409, {
        en: 'A burst is already running: wait until it has ended.',
        zh: '已有批量创建正在进行，请等待它结束。',
      });
    return burst;
  },
});

type WithFaults = (act: (request: ConsoleRequest) => Promise<unknown>) => RouteHandler;

/** Routes that read, set and remove faults. */
function faultRoutes(cloud: EmbeddedCloud, providerFaults: ProviderFaults | undefined): Record<string, RouteHandler> {
  async function faults(): Promise<Faults> {
    const [broken, providers] = await Promise.all([cloud.broken(), providerFaults?.broken(cloud)]);
    return {
      ...broken,
      providers: Object.fromEntries((providerFaults?.providers ?? []).map((name) => [name, providers?.[name] ?? null])),
    };
  }
  /** Returns a route that runs an action and then returns the current faults. */
  const withFaults: WithFaults = (act) => async (request) => {
    await act(request);
    return faults();
  };
  return {
    'GET faults': faults,
    ...(providerFaults && providerRoutes(cloud, providerFaults, withFaults)),
    'PUT faults/stopped/{}': withFaults(({ parameters: [name = ''] }) => cloud.stop(name)),
    'DELETE faults/stopped/{}': withFaults(({ parameters: [name = ''] }) => cloud.start(name)),
    'PUT faults/latency': withFaults(({ body }) => cloud.delay(parseBody(latencyRequest, body).ms)),
  };
}

function providerRoutes(
  cloud: EmbeddedCloud,
  { kinds, change }: ProviderFaults,
  withFaults: WithFaults,
): Record<string, RouteHandler> {
  const request = z.strictObject({ kind: z.enum(Object.keys(kinds)), ms: z.int().min(0).max(60_000).optional() });
  return {
    'PUT faults/providers/{}': withFaults(({ parameters: [name = ''], body }) => {
      const { kind, ms } = parseBody(request, body);
      return change(cloud, name, { kind, ...(ms !== undefined && { ms }) });
    }),
    'DELETE faults/providers/{}': withFaults(({ parameters: [name = ''] }) => change(cloud, name, undefined)),
  };
}
