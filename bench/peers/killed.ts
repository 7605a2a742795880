import type { ConsumerResources } from './booking.ts';
import { countingClients, type Endpoints } from './clients.ts';
import { contestants } from './contestants.ts';

// This process handles messages until the first write of an effect. It kills itself before it gets the response.
const { name, resources, ...endpoints } = JSON.parse(process.argv[2] ?? '') as Endpoints & {
  name: string;
  resources: ConsumerResources;
};
const onEffect = () => process.kill(process.pid, 'SIGKILL');
contestants
  .find((one) => one.name === name)
  ?.start(countingClients(endpoints, resources.pointsTable, { onEffect }), resources);
