import type { Control } from '../control/control.ts';
import type { Faults } from '../faults/faults.ts';
import type { Access } from '../iam/access.ts';
import type { AccountAndRegion } from '../iam/requests.ts';
import type { LambdaFunction } from '../lambda/function.ts';
import type { Meter } from '../metering/meter.ts';
import type { Calls } from '../observability/calls.ts';
import type { Archive } from '../services/archive.ts';
import type { BucketNotifications } from '../services/bucket-notifications.ts';
import type { Issuer } from '../services/issuer.ts';
import type { Targets } from './targets.ts';

export interface EndpointOptions extends Targets {
  functions: ReadonlyMap<string, LambdaFunction>;
  calls: Calls;
  place: AccountAndRegion;
  access: Access;
  issuer: Issuer;
  control: Control;
  archive: Archive;
  bucketNotifications: BucketNotifications;
  /** Called with the request after DynamoDB responded to a write. */
  onWrite: (request: Buffer) => void;
  faults?: Faults | undefined;
  meter?: Meter | undefined;
}
