import { SQSClient } from '@aws-sdk/client-sqs';
import type { Control } from '../control/control.ts';
import { clientConfig } from '../emulators/clients.ts';
import { createTestClients, requestTo } from '../inspection/clients.ts';
import { createInspection } from '../inspection/inspection.ts';
import { createSettled } from '../inspection/settled.ts';
import type { Core } from './core.ts';

export interface ForTestsOptions {
  core: Core;
  control: Control;
  apiUrl: string;
  endpointUrl: string;
  /** Names of functions that are running and of stand-ins that are busy. */
  running: () => readonly string[];
}

export type ForTests = ReturnType<typeof createForTests>;

/** Creates the operations of a running cloud for tests and tools. */
export function createForTests(
  { core, control, apiUrl, endpointUrl, running }: ForTestsOptions,
  opened: AsyncDisposableStack,
) {
  const { region, accountId, stacks, emulators, clients, calls, denials } = core;
  const sqs = new SQSClient(clientConfig(emulators.messagingUrl, region));
  opened.defer(() => sqs.destroy());
  const created = () => stacks.created;
  const inspection = createInspection({ dynamodb: clients.dynamodb, created, sent: control.messages });
  const config = clientConfig(endpointUrl, region);
  return {
    /** Configuration for an SDK client that calls the AWS endpoint as the operator, who has all permissions. */
    config,
    ...createTestClients(config, opened),
    ...inspection,
    settled: createSettled({
      inspection,
      sqs,
      queueUrlOf: (name) => `${emulators.messagingUrl}/${accountId}/${name}`,
      created,
      mappings: () => stacks.mappings,
      running,
      calls: calls.counts,
      denied: () => denials.all,
    }),
    /** Calls the first API. */
    request: requestTo(apiUrl),

    /**
     * Invokes a function by its physical name, like Lambda's Invoke operation.
     * @returns the function's result; `{ errorType, errorMessage }` if the function failed
     */
    // biome-ignore lint/suspicious/noExplicitAny: a test states which result it expects
    async invoke(functionName: string, event: object): Promise<any> {
      const url = `${endpointUrl}/2015-03-31/functions/${functionName}/invocations`;
      return (await fetch(url, { method: 'POST', body: JSON.stringify(event) })).json();
    },
  };
}
