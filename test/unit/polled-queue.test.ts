import { PolledQueue } from '@rollcall/local/internal/event-sources/polled-queue';
import { Calls } from '@rollcall/local/internal/observability/calls';
import { expect, it, vi } from 'vitest';

it('if messages cannot be kept hidden, the result of their processing is still returned', async () => {
  const printed = vi.spyOn(console, 'error').mockReturnValue();
  const queue = new PolledQueue({
    sqs: { call: () => Promise.reject(new Error('SQS is down')) },
    calls: new Calls(),
    queueUrl: 'http://127.0.0.1/jobs',
    queueArn: 'arn:aws:sqs:us-east-1:000000000000:jobs',
  });
  expect(await queue.whileHidden([], async () => 'done')).toBe('done');
  expect(printed).toHaveBeenCalledWith('http://127.0.0.1/jobs: SQS is down');
  await expect(queue.whileHidden([], () => Promise.reject(new Error('it fails')))).rejects.toThrow('it fails');
});
