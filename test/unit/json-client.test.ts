import { createServer, type IncomingMessage } from 'node:http';
import { JsonClient } from '@rollcall/local/internal/emulators/json-client';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { readBody } from '@rollcall/local/internal/server/read-body';
import { expect, onTestFinished, test } from 'vitest';

/** A service that answers one after the other. */
async function service(...answers: Array<[status: number, body: string]>) {
  const asked: Array<{ target: string | undefined; body: unknown }> = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const body = JSON.parse(String(await readBody(request)));
    asked.push({ target: request.headers['x-amz-target']?.toString(), body });
    const [status, answer] = answers.shift() ?? [];
    // One that is not answered hangs.
    if (status !== undefined) response.writeHead(status).end(answer);
  });
  const client = new JsonClient(await listen(server, 0, 'a test'), 'AmazonSQS');
  onTestFinished(async () => {
    client.destroy();
    await close(server);
  });
  return { client, asked };
}

test('asks by the JSON protocol', async () => {
  const { client, asked } = await service([200, '{"Messages":[]}'], [200, '']);
  expect(await client.call('ReceiveMessage', { QueueUrl: 'q' })).toEqual({ Messages: [] });
  expect(await client.call('DeleteMessage', {})).toEqual({});
  expect(asked[0]).toEqual({ target: 'AmazonSQS.ReceiveMessage', body: { QueueUrl: 'q' } });
});

test.each([
  [500, '{"__type":"InternalServerError"}'],
  [400, '{"__type":"ThrottlingException"}'],
])('asks again after %i %s', async (status, body) => {
  const { client, asked } = await service([status, body], [200, '{}']);
  expect(await client.call('ReceiveMessage', {})).toEqual({});
  expect(asked).toHaveLength(2);
});

test('says what a service refuses, and does not ask again', async () => {
  const { client, asked } = await service([400, '{"__type":"QueueDoesNotExist"}']);
  await expect(client.call('ReceiveMessage', {})).rejects.toThrow(
    'ReceiveMessage returned status 400: {"__type":"QueueDoesNotExist"}',
  );
  expect(asked).toHaveLength(1);
});

test('gives up after three attempts', async () => {
  const { client, asked } = await service([500, 'a'], [500, 'b'], [500, 'c']);
  await expect(client.call('ReceiveMessage', {})).rejects.toThrow('returned status 500: c');
  expect(asked).toHaveLength(3);
});

test('ends when its caller no longer waits', async () => {
  const { client } = await service();
  const waiting = new AbortController();
  const call = client.call('ReceiveMessage', {}, waiting.signal);
  waiting.abort();
  await expect(call).rejects.toThrow('aborted');
});
