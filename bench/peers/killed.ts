import type { ConsumerResources } from './booking.ts';
import { countingClients, type Endpoints } from './clients.ts';
import { contestants } from './contestants.ts';

// Handles messages until the first write of an effect, and is killed before it gets the response to this write.
const { name, resources, ...endpoints } = JSON.parse(process.argv[2] ?? '') as Endpoints & {
  name: string;
  resources: ConsumerResources;
};
const onEffect = () => process.kill(process.pid, 'SIGKILL');
contestants
  .find((one) => one.name === name)
  ?.start(countingClients(endpoints, resources.pointsTable, { onEffect }), resources);
