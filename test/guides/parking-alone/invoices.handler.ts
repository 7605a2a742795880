import { foreign, PermanentError, parkingFunctions, TransientError } from '@rollcall/kit/messaging';
import * as z from 'zod';

const { PARKING_TABLE = '', QUEUE_URL = '', DEAD_LETTERS_URL = '', BILLING_URL = '' } = process.env;

/** {"jobId": "j1", "customer": "C-4", "createdAt": "2026-…", "cents": 1250} */
const job = z.object({ jobId: z.string(), customer: z.string(), createdAt: z.string(), cents: z.int() });

const settings = {
  tableName: PARKING_TABLE,
  queueUrl: QUEUE_URL,
  deadLettersUrl: DEAD_LETTERS_URL,
  read: foreign(job, ({ jobId, customer, createdAt, cents }) => ({
    id: jobId,
    source: 'billing',
    type: 'invoice',
    subject: customer,
    time: createdAt,
    data: { cents },
  })),
};

export const { consume, sweep } = parkingFunctions('invoices', settings, async ({ id, subject, data }) => {
  const { status } = await fetch(`${BILLING_URL}/customers/${encodeURIComponent(subject)}/invoices`, {
    method: 'POST',
    headers: { 'Idempotency-Key': id, 'Content-Type': 'application/json' },
    body: JSON.stringify(data),
    signal: AbortSignal.timeout(5_000),
  });
  if (status === 422) throw new PermanentError(`billing refuses the invoice ${id}`);
  if (status >= 400) throw new TransientError(`billing responds with ${status}`);
});
