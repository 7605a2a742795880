import type { RollcallApp } from '@rollcall/cdk';
import { passengerRoutes as routes } from '../shared/routes.ts';
import { tripRequests } from '../shared/trip-channels.ts';
import { sendingService } from './sending-service.ts';

export function addPassenger(rides: RollcallApp): void {
  sendingService(rides, 'passenger', [tripRequests], routes);
}
