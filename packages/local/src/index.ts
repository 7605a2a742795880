export type { AppConfig } from './app.ts';
export type { AwsHandler, AwsService, Beside, Started, Surroundings } from './beside/beside.ts';
export { type Cloud, type CloudOptions, startCloud } from './cloud.ts';
export { CloudError } from './errors/cloud-error.ts';
export type { CallFault, Faults } from './faults/faults.ts';
export type { Item, Parked } from './inspection/inspection.ts';
export type { SettledOptions } from './inspection/settled.ts';
export type { SentMessage } from './messages/sent-messages.ts';
