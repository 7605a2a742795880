export type { AppConfig } from './app.ts';
export type { AwsService, Beside, Started, Surroundings } from './beside/beside.ts';
export { type Cloud, startCloud } from './cloud.ts';
export { CloudError } from './errors/cloud-error.ts';
export type { Faults } from './faults/faults.ts';
