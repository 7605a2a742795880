import { createControl } from '../control/control.ts';
import { createEndpoint } from '../endpoint/endpoint.ts';
import type { Targets } from '../endpoint/targets.ts';
import { close, listen } from '../server/listen.ts';
import { Issuer, keysIn } from '../services/issuer.ts';
import { awsOf } from '../sms/aws.ts';
import type { Core } from './core.ts';

export interface EndpointSettings {
  /** 0: any that is free. */
  port: number;
  /** Whether what is in the state outlives the process. */
  isKept: boolean;
}

/** Has the AWS endpoint listen, with what is behind it besides AWS's services: an issuer of tokens, and control. */
export async function startEndpoint(core: Core, { port, isKept }: EndpointSettings, opened: AsyncDisposableStack) {
  const { emulators, apis, sandbox, stacks, calls, writes } = core;
  const issuer = new Issuer(keysIn(core.state), isKept, () => `${url}/issuer`);
  const control = createControl({
    about: () => ({ apiUrl: apis.first, smsUrl: sandbox.url, calls: calls.counts }),
    templates: () => stacks.templates,
    mappings: () => stacks.mappings,
  });
  const server = createEndpoint({
    ...core,
    ...emulators,
    handlers: ownServices(core),
    place: core,
    issuer,
    control,
    onWrite: (request) => writes.ring(request),
  });
  const url = await listen(server, port, 'the AWS endpoint');
  opened.defer(() => close(server));
  return { url, issuer, control };
}

const ownServices = ({ secrets, directory, sandbox, access }: Core): Targets['handlers'] => ({
  secretsmanager: {
    service: 'secretsmanager',
    answer: (operation, request) => secrets.answer(operation, request),
  },
  Route53AutoNaming_v20170314: {
    service: 'servicediscovery',
    answer: (operation, request) => directory.answer(operation, request),
  },
  PinpointSMSVoiceV2: { service: 'sms-voice', answer: awsOf(sandbox.mailbox, sandbox.callbacks, access) },
});
