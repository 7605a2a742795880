import type { App } from '../app-definition.ts';
import { circuitsOf, resetCircuit } from '../stage/circuits.ts';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import { asKept } from '../stage/ids.ts';
import type { Stage } from '../stage/stage.ts';
import { capabilitiesOf } from '../stage/switches.ts';
import type { Topology } from '../stage/topology.ts';
import type { About } from './api.ts';
import type { Route } from './asked.ts';
import { embeddedRoutes } from './embedded-routes.ts';
import { memberView } from './member.ts';
import { parkedRoutes } from './parked-routes.ts';
import type { Bursts } from './parts.ts';
import { switchRoutes } from './switch-routes.ts';
import type { Watch } from './watch.ts';

export interface RouteOptions {
  app: Partial<App>;
  stage: Stage;
  cloud: EmbeddedCloud | undefined;
  topology: Topology;
  subscribers: readonly string[];
  apiUrl: string;
  watch: Watch;
  bursts: Bursts | undefined;
}

/** What the page asks of its server: api.ts says what each answers. */
export function routesOf(options: RouteOptions): Record<string, Route> {
  const { app, stage, cloud, topology, subscribers, watch, bursts } = options;
  const { profiles = {}, console: parts = {}, messages: contracts } = app;
  return {
    'GET about': () => aboutOf(options),
    'GET topology': async () => topology,
    'GET load': () => watch.load(),
    'GET members': async () => watch.members(),
    'GET members/{}': ({ names: [id = ''] }) => memberView(stage, cloud, app, asKept(id)),
    ...parkedRoutes({ stage, subscribers, contracts }),
    ...switchRoutes(stage, profiles),
    'GET circuits': () => circuitsOf(stage, new Date()),
    'POST circuits/{}/reset': async ({ names: [name = ''] }) => {
      await resetCircuit(stage, name);
      return circuitsOf(stage, new Date());
    },
    ...(cloud && embeddedRoutes(cloud, parts, bursts)),
  };
}

const aboutOf = async ({ app, stage, cloud, subscribers, apiUrl, bursts }: RouteOptions): Promise<About> => ({
  stage: stage.name,
  embedded: cloud !== undefined,
  registers: bursts !== undefined && app.console?.register !== undefined,
  apiUrl,
  subscribers: [...subscribers],
  capabilities: await capabilitiesOf(stage),
  profiles: Object.keys(app.profiles ?? {}),
});
