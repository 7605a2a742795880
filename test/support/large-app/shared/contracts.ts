import { command, event, queue, topic } from '@rollcall/kit/contracts';
import * as z from 'zod';

const about = { subjectField: 'orderId' } as const;
const from = '/shop/orders';
const data = z.object({ orderId: z.string(), text: z.string() });

export const filed = event('shop.document.filed.v1', data, about);
export const removed = event('shop.document.removed.v1', z.object({ orderId: z.string() }), { ...about, erases: true });
export const print = command('shop.document.print.v1', data, about);

export const documents = topic('documents', { from, large: true, messages: [filed, removed] });
export const prints = queue('printing', { from, large: true, messages: [print], ordered: false });
export const channels = [documents, prints];
