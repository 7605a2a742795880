import { defineConsumer } from '@rollcall/kit/contracts';
import { notificationRequests } from '../../shared/trip-channels.ts';

/** What no event of dispatch says: it never heard of the trip. */
export const requestConsumer = defineConsumer('notification-requests', {
  source: '/rides/notification',
  of: notificationRequests,
});
