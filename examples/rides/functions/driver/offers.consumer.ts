import { defineConsumer } from '@rollcall/kit/contracts';
import { dispatchEvents } from '../../shared/dispatch-channels.ts';

export const offerConsumer = defineConsumer('driver', { of: dispatchEvents });
