import type { App } from '../app-definition.ts';
import { circuitsOf, resetCircuit } from '../stage/circuits.ts';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import { normalizeId } from '../stage/ids.ts';
import type { StageClient } from '../stage/stage.ts';
import { capabilitiesOf } from '../stage/switches.ts';
import type { Topology } from '../stage/topology.ts';
import { AGGREGATE } from '../words.ts';
import { aggregateView } from './aggregate.ts';
import type { About } from './api.ts';
import type { RouteHandler } from './console-request.ts';
import { embeddedRoutes } from './embedded-routes.ts';
import { parkedRoutes } from './parked-routes.ts';
import type { Bursts } from './parts.ts';
import { switchRoutes } from './switch-routes.ts';
import type { Watch } from './watch.ts';

export interface RouteOptions {
  app: Partial<App>;
  stage: StageClient;
  cloud: EmbeddedCloud | undefined;
  topology: Topology;
  subscribers: readonly string[];
  apiUrl: string;
  watch: Watch;
  bursts: Bursts | undefined;
}

/** The routes of the page's API; for the responses, see api.ts. */
export function routesOf(options: RouteOptions): Record<string, RouteHandler> {
  const { app, stage, cloud, topology, subscribers, watch, bursts } = options;
  const { profiles = {}, console: parts = {}, messages: contracts } = app;
  return {
    'GET about': () => aboutOf(options),
    'GET topology': async () => topology,
    'GET load': () => watch.load(),
    'GET aggregates': async () => watch.aggregates(),
    'GET aggregates/{}': ({ parameters: [id = ''] }) => aggregateView(stage, cloud, app, normalizeId(id)),
    ...parkedRoutes({ stage, subscribers, contracts }),
    ...switchRoutes(stage, profiles),
    'GET circuits': () => circuitsOf(stage, new Date()),
    'POST circuits/{}/reset': async ({ parameters: [name = ''] }) => {
      await resetCircuit(stage, name);
      return circuitsOf(stage, new Date());
    },
    ...(cloud && embeddedRoutes(cloud, parts, bursts)),
  };
}

async function aboutOf({ app, stage, cloud, subscribers, apiUrl, bursts }: RouteOptions): Promise<About> {
  const { aggregate = AGGREGATE, profiles = {}, console: parts = {} } = app;
  const { creation, created, modes = {}, profiles: profileWords = {}, faults } = parts;
  return {
    stage: stage.name,
    embedded: cloud !== undefined,
    aggregate,
    ...(cloud && creation && { form: creation.form }),
    bursts: bursts !== undefined,
    ...(created && { created: created.title }),
    apiUrl,
    subscribers: [...subscribers],
    capabilities: await capabilitiesOf(stage),
    profiles: Object.keys(profiles),
    modes,
    profileWords,
    ...(cloud && faults && { faults: { title: faults.title, lead: faults.lead, kinds: faults.kinds } }),
  };
}
