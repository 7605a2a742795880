import { randomUUID } from 'node:crypto';
import { clientConfig, createClients } from '../emulators/clients.ts';
import type { Emulators } from '../emulators/emulators.ts';
import { WriteNotifications } from '../event-sources/write-notifications.ts';
import type { Faults } from '../faults/faults.ts';
import { ApiServers } from '../http/api-servers.ts';
import { Access } from '../iam/access.ts';
import { Denials } from '../iam/denials.ts';
import type { AccountAndRegion } from '../iam/requests.ts';
import type { LambdaFunction } from '../lambda/function.ts';
import type { Meter } from '../metering/meter.ts';
import { Calls } from '../observability/calls.ts';
import { Stacks } from '../resources/stacks.ts';
import { Archive } from '../services/archive.ts';
import { BucketNotifications } from '../services/bucket-notifications.ts';
import { Directory } from '../services/directory.ts';
import { EventBuses } from '../services/event-buses.ts';
import { Secrets } from '../services/secrets.ts';
import type { State } from '../state/state.ts';

export interface CoreOptions {
  place: AccountAndRegion;
  state: State;
  /** Folder for the state that survives a restart; undefined for state in memory. */
  data: string | undefined;
  emulators: Emulators;
  /** Port of the first API; 0 for any free port. */
  apiPort: number;
  faults: Faults | undefined;
  meter: Meter | undefined;
}

export type Core = ReturnType<typeof createCore>;

/** Creates the parts that the AWS endpoint and the deployed stacks share. Does not start a server. */
export function createCore(
  { place, state, data, emulators, apiPort, faults, meter }: CoreOptions,
  opened: AsyncDisposableStack,
) {
  const clients = createClients(emulators, place.region, opened);
  const archive = new Archive(state, clientConfig(emulators.messagingUrl, place.region));
  opened.defer(() => archive.close());
  const functions = new Map<string, LambdaFunction>();
  const denials = new Denials((name) => functions.has(name));
  return {
    ...place,
    state,
    emulators,
    clients,
    archive,
    functions,
    denials,
    calls: new Calls(),
    writes: new WriteNotifications(),
    directory: new Directory(),
    buses: new EventBuses(place),
    bucketNotifications: new BucketNotifications(place),
    secrets: new Secrets(state),
    access: new Access({ ...place, salt: data ?? randomUUID(), onDenied: (denial) => denials.record(denial) }),
    apis: new ApiServers(apiPort, opened),
    stacks: new Stacks(),
    faults,
    meter,
  };
}
