import { defineConsumer } from '@rollcall/kit/contracts';
import { dispatchEvents } from '../../shared/dispatch-channels.ts';

export const eventConsumer = defineConsumer('notification', { of: dispatchEvents });
