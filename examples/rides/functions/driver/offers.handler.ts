import { subscriberFunctions } from '@rollcall/kit/messaging';
import { createPush } from '../../shared/push.ts';
import { offerConsumer } from './offers.consumer.ts';
import { offerHandlers } from './offers.ts';

export const { consume, sweep } = subscriberFunctions(offerConsumer, () => offerHandlers(createPush('driver')));
