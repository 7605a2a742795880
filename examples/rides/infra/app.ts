import { RollcallApp } from '@rollcall/cdk';
import { App } from 'aws-cdk-lib';
import { dispatchAnswers, dispatchEvents } from '../shared/dispatch-channels.ts';
import { notificationRequests, tripEvents, tripOutcomes, tripRequests } from '../shared/trip-channels.ts';
import { addDispatch } from './dispatch.ts';
import { addDriver } from './driver.ts';
import { addNotification } from './notification.ts';
import { addPassenger } from './passenger.ts';
import { addTrip } from './trip.ts';

const channels = [tripRequests, tripEvents, notificationRequests, dispatchEvents, dispatchAnswers, tripOutcomes];
const rides = new RollcallApp(new App(), { name: 'rides', stages: { dev: {} }, channels });

addPassenger(rides);
addTrip(rides);
addDispatch(rides);
addDriver(rides);
addNotification(rides);
rides.finish();
