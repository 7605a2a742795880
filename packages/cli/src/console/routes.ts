import type { ProblemDocument } from '@rollcall/kit/contracts/problem';
import type { ParkedMessage } from '@rollcall/kit/messaging/subscriber-store';
import * as z from 'zod';
import { type Capability, capabilities, type Profile, profiles } from '../../../../shared/config/capabilities.ts';
import { circuitsOf, resetCircuit } from '../stage/circuits.ts';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import { asKept } from '../stage/ids.ts';
import { FAULTS } from '../stage/provider-fault.ts';
import { aggregatesToRedrive } from '../stage/redrivable.ts';
import { type RedriveSummary, redrive } from '../stage/redrive.ts';
import { shownEvent } from '../stage/shown-event.ts';
import { OperatorError, type Stage } from '../stage/stage.ts';
import { capabilityNames, modeNamed, modesOfProfile, switchesOf, switchHistory, switchTo } from '../stage/switches.ts';
import type { Topology } from '../stage/topology.ts';
import type { About, Faults, ParkedPage, ParkedView, RedriveProgress, Switches } from './api.ts';
import type { Bursts } from './burst.ts';
import { memberView } from './member.ts';
import type { Watch } from './watch.ts';

/** What is answered instead: RFC 9457. */
export class ConsoleProblem extends Error {
  override readonly name = 'ConsoleProblem';
  readonly document: Pick<ProblemDocument, 'title' | 'status'> & object;

  constructor(status: number, title: string, more: object = {}) {
    super(title);
    this.document = { title, status, ...more };
  }
}

export interface Asked {
  /** Of the path, in order. */
  names: string[];
  query: URLSearchParams;
  body: unknown;
}

/** A value to be answered as JSON, or lines of it as they come. */
export type Route = (asked: Asked) => Promise<unknown> | AsyncIterable<unknown>;

export interface RouteOptions {
  stage: Stage;
  cloud: EmbeddedCloud | undefined;
  topology: Topology;
  subscribers: readonly string[];
  apiUrl: string;
  watch: Watch;
  bursts: Bursts | undefined;
}

const HISTORY = 50;
const MAX_SHOWN = 1_000;
const MAX_BURST = 1_000;
/** A month: what is switched for longer is no exception any more. */
const MAX_SWITCH_S = 31 * 86_400;
const GATEWAYS = ['http', 'gateway-1', 'gateway-2', 'twilio'];

const burstRequest = z.strictObject({ members: z.int().min(1).max(MAX_BURST) });
const redriveRequest = z.strictObject({
  subscriber: z.string(),
  aggregateIds: z.array(z.string()).min(1).optional(),
  release: z.boolean().optional(),
});
const discardRequest = z.strictObject({
  subscriber: z.string(),
  aggregateId: z.string(),
  version: z.int().nonnegative(),
  messageId: z.string().optional(),
  because: z.string().trim().min(1),
});
const switchRequest = z.strictObject({
  capability: z.enum(capabilityNames).optional(),
  profile: z.enum(Object.keys(profiles)).optional(),
  mode: z.string().optional(),
  why: z.string().trim().min(1),
  forSeconds: z.int().positive().max(MAX_SWITCH_S).optional(),
});
const faultRequest = z.strictObject({ kind: z.enum(FAULTS), ms: z.int().min(0).max(60_000).optional() });
const latencyRequest = z.strictObject({ ms: z.int().min(0).max(10_000) });

function read<S extends z.ZodType>(shape: S, body: unknown): z.output<S> {
  const result = shape.safeParse(body);
  if (result.success) return result.data;
  throw new ConsoleProblem(422, 'The request is not as it should be.', { detail: z.prettifyError(result.error) });
}

/** What the page asks of its server: api.ts says what each answers. */
export function routesOf(options: RouteOptions): Record<string, Route> {
  const { stage, cloud, topology, subscribers, apiUrl, watch, bursts } = options;

  const about: About = {
    stage: stage.name,
    embedded: cloud !== undefined,
    apiUrl,
    subscribers: [...subscribers],
    capabilities: Object.fromEntries(Object.entries(capabilities).map(([name, modes]) => [name, [...modes]])),
    profiles: Object.keys(profiles),
  };

  function known(subscriber: string): string {
    if (subscribers.includes(subscriber)) return subscriber;
    throw new ConsoleProblem(404, `There is no subscriber "${subscriber}".`);
  }

  async function parkedIn(names: readonly string[], reason: string | null): Promise<ParkedView[]> {
    const found = await Promise.all(
      names.map(async (subscriber) => {
        const pages = await Array.fromAsync(stage.parked(subscriber));
        return pages.flat().map((one: ParkedMessage) => viewOf(subscriber, one));
      }),
    );
    const wanted = found.flat().filter((one) => reason === null || one.reason === reason);
    return wanted.sort((a, b) => a.parkedAt.localeCompare(b.parkedAt) || a.version - b.version);
  }

  async function parked({ query }: Asked): Promise<ParkedPage> {
    const subscriber = query.get('subscriber');
    const all = await parkedIn(subscriber ? [known(subscriber)] : subscribers, query.get('reason') || null);
    const limit = Math.min(MAX_SHOWN, Number(query.get('limit')) || 100);
    return { total: all.length, messages: all.slice(0, limit) };
  }

  async function* redriveAll({ body }: Asked): AsyncIterable<RedriveProgress> {
    const { subscriber, aggregateIds, release = false } = read(redriveRequest, body);
    const all = async () => (await Array.fromAsync(stage.parked(known(subscriber)))).flat();
    const ids = aggregateIds ?? aggregatesToRedrive(await all(), { release });
    const progressOf = (done: number, { applied, waiting, forPerson, failures }: RedriveSummary): RedriveProgress => ({
      done,
      total: ids.length,
      applied,
      waiting,
      forPerson,
      failures: failures.map(({ aggregateId, error = '' }) => ({ aggregateId, error })),
    });
    let told = Promise.withResolvers<RedriveProgress>();
    const onProgress = (done: number, summary: RedriveSummary) => told.resolve(progressOf(done, summary));
    const working = redrive(stage, known(subscriber), ids, { release, onProgress });
    const finished = working.then(() => undefined);
    for (;;) {
      const progress = await Promise.race([told.promise, finished]);
      if (!progress) break;
      told = Promise.withResolvers();
      yield progress;
    }
    const summary = await working;
    yield { ...progressOf(ids.length - summary.left, summary), finished: true };
  }

  async function discard({ body }: Asked): Promise<object> {
    const { subscriber, because, messageId, ...place } = read(discardRequest, body);
    const answer = await stage.askParking(known(subscriber), {
      discard: { ...place, ...(messageId !== undefined && { messageId }) },
      because,
    });
    if ('refused' in answer) throw new ConsoleProblem(409, 'It cannot be discarded.', { detail: answer.refused });
    return {};
  }

  async function switches(): Promise<Switches> {
    const [now, history] = await Promise.all([switchesOf(stage, new Date()), switchHistory(stage, HISTORY)]);
    return { switches: now, history };
  }

  async function change({ body }: Asked): Promise<Switches> {
    const { capability, profile, mode = '', why, forSeconds } = read(switchRequest, body);
    if ((capability === undefined) === (profile === undefined))
      throw new ConsoleProblem(422, 'Name a capability or a profile.');
    const modes = capability
      ? [[capability, modeNamed(capability as Capability, mode)] as const]
      : modesOfProfile(profile as Profile);
    await switchTo(stage, modes, { why, ...(forSeconds !== undefined && { forMs: forSeconds * 1000 }) });
    return switches();
  }

  return {
    'GET about': async () => about,
    'GET topology': async () => topology,
    'GET load': () => watch.load(),
    'GET members': async () => watch.members(),
    'GET members/{}': ({ names: [id = ''] }) => memberView(stage, cloud, asKept(id)),
    'GET parked': parked,
    'POST parked/redrive': redriveAll,
    'POST parked/discard': discard,
    'GET switches': switches,
    'POST switches': change,
    'GET circuits': () => circuitsOf(stage, new Date()),
    'POST circuits/{}/reset': async ({ names: [name = ''] }) => {
      await resetCircuit(stage, name);
      return circuitsOf(stage, new Date());
    },
    ...(cloud && bursts && embeddedRoutes(cloud, bursts)),
  };
}

/** What can only be done to an embedded cloud: elsewhere, members are people. */
function embeddedRoutes(cloud: EmbeddedCloud, bursts: Bursts): Record<string, Route> {
  async function register({ body }: Asked): Promise<unknown> {
    const response = await fetch(`${cloud.apiUrl}/v1/members`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as object & { title?: string };
    if (!response.ok) throw new ConsoleProblem(response.status, answer.title ?? 'The API refuses.', answer);
    return answer;
  }

  async function faults(): Promise<Faults> {
    const [broken, providers] = await Promise.all([cloud.broken(), cloud.faults()]);
    return {
      ...broken,
      kinds: [...FAULTS],
      providers: Object.fromEntries(GATEWAYS.map((name) => [name, providers[name] ?? null])),
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
    'POST register': register,
    'POST burst': async ({ body }) => {
      const burst = await bursts.start(read(burstRequest, body).members);
      if (!burst) throw new ConsoleProblem(409, 'A burst is under way: wait until it has ended.');
      return burst;
    },
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

function viewOf(subscriber: string, parked: ParkedMessage): ParkedView {
  const { aggregateId, version, messageId, reason, parkedAt, attempts, error, body } = parked;
  const event = shownEvent(body);
  return {
    subscriber,
    aggregateId,
    version,
    messageId,
    // Of what was parked unread, too.
    type: parked.type ?? String(event?.type ?? ''),
    reason,
    parkedAt,
    attempts,
    ...(error !== undefined && { error }),
    body: event ? JSON.stringify(event) : body,
  };
}

/** What goes wrong, as a problem. */
export function problemOf(error: Error): Pick<ProblemDocument, 'title' | 'status'> & { detail?: string } {
  if (error instanceof ConsoleProblem) return error.document;
  if (error instanceof OperatorError) return { status: 409, title: 'That cannot be done.', detail: error.message };
  return { status: 500, title: 'The stage does not answer as it should.', detail: `${error.name}: ${error.message}` };
}
