import { defineConsumer } from '@rollcall/kit/contracts';
import { notificationRequests } from '../../shared/trip-channels.ts';

/** Handles requests to notify passengers of refused trips, for which dispatch publishes no event. */
export const requestConsumer = defineConsumer('notification-requests', {
  source: '/rides/notification',
  of: notificationRequests,
});
