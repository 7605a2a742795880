import { subscriberFunctions } from '@rollcall/kit/messaging';
import { stockConsumer } from './commands.consumer.ts';
import { stockHandlers } from './stock.ts';

export const { consume, sweep } = subscriberFunctions(stockConsumer, stockHandlers);
