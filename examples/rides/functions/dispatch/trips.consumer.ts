import { defineConsumer } from '@rollcall/kit/contracts';
import { tripEvents } from '../../shared/trip-channels.ts';

export const tripConsumer = defineConsumer('dispatch', { of: tripEvents });
