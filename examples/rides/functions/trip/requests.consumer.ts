import { defineConsumer } from '@rollcall/kit/contracts';
import { tripRequests } from '../../shared/trip-channels.ts';

export const requestConsumer = defineConsumer('trip-requests', { source: '/rides/trip', of: tripRequests });
