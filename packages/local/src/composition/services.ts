import type { Control } from '../control/control.ts';
import { createQueueClients } from '../emulators/clients.ts';
import { sentenceOf } from '../iam/denials.ts';
import type { FailedInvocation } from '../lambda/function.ts';
import { createLogs } from '../observability/logs.ts';
import type { Services } from '../resources/runtime.ts';
import type { Issuer } from '../services/issuer.ts';
import type { Core } from './core.ts';

export interface ServicesOptions
  extends Pick<Services, 'instanceLimit' | 'parameters' | 'environment' | 'isDebugged' | 'beside' | 'folder' | 'app'> {
  endpoint: { url: string; issuer: Issuer; control: Control };
}

/** Creates the services that deployed stacks use, and the logs of the functions. */
export function createServices(
  core: Core,
  { endpoint: { url: endpointUrl, issuer, control }, ...settings }: ServicesOptions,
  opened: AsyncDisposableStack,
) {
  const { region, faults, apis, emulators } = core;
  const logs = createLogs(settings.folder);
  opened.defer(logs.close);
  const onFailure = (failure: FailedInvocation) => {
    const log = logs.fileOf(failure.functionName);
    console.error(`${failure.functionName} failed, request ${failure.requestId} (log: ${log}): ${failure.reason}`);
    control.recordFailure({ ...failure, at: new Date().toISOString(), log });
  };
  core.denials.onFirstDenial = (denied) => {
    console.error(`${sentenceOf(denied)}.`);
    control.recordFailure({ ...denied, at: new Date().toISOString(), log: logs.fileOf(denied.functionName) });
  };
  const endpoints = { app: endpointUrl, polling: faults ? endpointUrl : emulators.messagingUrl };
  const services: Services = {
    ...core,
    ...core.clients,
    ...createQueueClients(endpoints, region, opened),
    ...settings,
    endpointUrl,
    issuer,
    log: logs.write,
    onFailure,
    openApi: apis.open,
    apiUrls: () => apis.all,
  };
  return { services, logs };
}
