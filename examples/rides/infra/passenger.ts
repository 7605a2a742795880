import type { RollcallApp } from '@rollcall/cdk';
import { passengerRoutes as routes } from '../shared/routes.ts';
import { tripRequests } from '../shared/trip-channels.ts';

export function addPassenger(rides: RollcallApp): void {
  rides.publisher('passenger', { sends: [tripRequests], routes });
}
