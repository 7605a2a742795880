import type { AwsService, Started } from '../beside/beside.ts';
import { createControl } from '../control/control.ts';
import { createEndpoint } from '../endpoint/endpoint.ts';
import { close, listen } from '../server/listen.ts';
import { Issuer, keysIn } from '../services/issuer.ts';
import { urlsOf } from './beside.ts';
import type { Core } from './core.ts';

export interface EndpointSettings {
  /** 0 for any free port. */
  port: number;
  /** Whether the state outlives the process. */
  isPersistent: boolean;
  /** The stand-ins beside the cloud, by name. */
  beside: ReadonlyMap<string, Started>;
}

/** Starts the AWS endpoint, which also serves a token issuer and the control API. */
export async function startEndpoint(
  core: Core,
  { port, isPersistent, beside }: EndpointSettings,
  opened: AsyncDisposableStack,
) {
  const { emulators, apis, stacks, calls, writes } = core;
  const issuer = new Issuer(keysIn(core.state), isPersistent, () => `${url}/issuer`);
  const control = createControl({
    about: () => ({ apiUrl: apis.first, beside: urlsOf(beside), calls: calls.counts }),
    templates: () => stacks.templates,
    mappings: () => stacks.mappings,
  });
  const server = createEndpoint({
    ...core,
    ...emulators,
    services: Object.assign(ownServices(core), ...[...beside.values()].map(({ services }) => services)),
    place: core,
    issuer,
    control,
    onWrite: (request) => writes.notify(request),
  });
  const url = await listen(server, port, 'the AWS endpoint');
  opened.defer(() => close(server));
  return { url, issuer, control };
}

const ownServices = ({ secrets, directory, buses }: Core): Record<string, AwsService> => ({
  secretsmanager: {
    service: 'secretsmanager',
    answer: (operation, request) => secrets.handle(operation, request),
  },
  Route53AutoNaming_v20170314: {
    service: 'servicediscovery',
    answer: (operation, request) => directory.handle(operation, request),
  },
  AWSEvents: {
    service: 'events',
    answer: (operation, request) => buses.handle(operation, request),
  },
});
