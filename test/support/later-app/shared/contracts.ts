import { command, event, queue, topic } from '@rollcall/kit/contracts';
import * as z from 'zod';

const data = z.object({ orderId: z.string() });
const about = { subjectField: 'orderId' } as const;
const from = '/shop/orders';

export const placed = event('shop.order.placed.v1', data, about);
export const reminded = event('shop.order.reminded.v1', data, about);
export const cancel = command('shop.order.cancel.v1', data, about);
export const print = command('shop.label.print.v1', data, about);

export const orderEvents = topic('order-events', { from, messages: [placed, reminded] });
export const orderCommands = queue('order-commands', { from, messages: [cancel] });
export const labels = queue('labels', { from, ordered: false, messages: [print] });
export const channels = [orderEvents, orderCommands, labels];
