import * as z from 'zod';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import { FAULTS } from '../stage/provider-fault.ts';
import type { Faults } from './api.ts';
import { type Asked, type Route, read } from './asked.ts';
import type { Bursts, ConsoleParts } from './parts.ts';
import { ConsoleProblem } from './problem.ts';

const MAX_BURST = 1_000;

const burstRequest = z.strictObject({ members: z.int().min(1).max(MAX_BURST) });
const faultRequest = z.strictObject({ kind: z.enum(FAULTS), ms: z.int().min(0).max(60_000).optional() });
const latencyRequest = z.strictObject({ ms: z.int().min(0).max(10_000) });

/** What can only be done to an embedded cloud: elsewhere, members are people. */
export const embeddedRoutes = (
  cloud: EmbeddedCloud,
  { register, providers = [] }: ConsoleParts,
  bursts: Bursts | undefined,
): Record<string, Route> => ({
  ...(register && registerRoute(cloud, register)),
  ...(bursts && burstRoute(bursts)),
  ...faultRoutes(cloud, providers),
});

const registerRoute = (cloud: EmbeddedCloud, register: NonNullable<ConsoleParts['register']>) => ({
  'POST register': async ({ body }: Asked): Promise<unknown> => {
    const response = await register(cloud, body);
    const answer = (await response.json()) as object & { title?: string };
    if (!response.ok) throw new ConsoleProblem(response.status, answer.title ?? 'The API refuses.', answer);
    return answer;
  },
});

const burstRoute = (bursts: Bursts) => ({
  'POST burst': async ({ body }: Asked) => {
    const burst = await bursts.start(read(burstRequest, body).members);
    if (!burst) throw new ConsoleProblem(409, 'A burst is under way: wait until it has ended.');
    return burst;
  },
});

/** Breaks on purpose, and mends. */
function faultRoutes(cloud: EmbeddedCloud, names: readonly string[]): Record<string, Route> {
  async function faults(): Promise<Faults> {
    const [broken, providers] = await Promise.all([cloud.broken(), cloud.faults()]);
    return {
      ...broken,
      kinds: [...FAULTS],
      providers: Object.fromEntries(names.map((name) => [name, providers[name] ?? null])),
    };
  }
  /** Does something, and tells what is broken then. */
  const then =
    (act: (asked: Asked) => Promise<unknown>): Route =>
    async (asked) => {
      await act(asked);
      return faults();
    };
  return {
    'GET faults': faults,
    'PUT faults/providers/{}': then(({ names: [name = ''], body }) => {
      const { kind, ms } = read(faultRequest, body);
      return cloud.breakSms(name, { kind, ...(ms !== undefined && { ms }) });
    }),
    'DELETE faults/providers/{}': then(({ names: [name = ''] }) => cloud.breakSms(name)),
    'PUT faults/stopped/{}': then(({ names: [name = ''] }) => cloud.stop(name)),
    'DELETE faults/stopped/{}': then(({ names: [name = ''] }) => cloud.start(name)),
    'PUT faults/latency': then(({ body }) => cloud.delay(read(latencyRequest, body).ms)),
  };
}
