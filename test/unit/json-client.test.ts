import { createServer, type IncomingMessage } from 'node:http';
import { JsonClient } from '@rollcall/local/internal/emulators/json-client';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { readBody } from '@rollcall/local/internal/server/read-body';
import { expect, onTestFinished, test } from 'vitest';

/** A service that returns the given responses in turn. */
async function service(...answers: Array<[status: number, body: string]>) {
  const requests: Array<{ target: string | undefined; body: unknown }> = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const body = JSON.parse(String(await readBody(request)));
    requests.push({ target: request.headers['x-amz-target']?.toString(), body });
    const [status, answer] = answers.shift() ?? [];
    // Without a response, the request hangs.
    if (status !== undefined) response.writeHead(status).end(answer);
  });
  const client = new JsonClient(await listen(server, 0, 'a test'), 'AmazonSQS');
  onTestFinished(async () => {
    client.destroy();
    await close(server);
  });
  return { client, requests };
}

test('the client sends requests in the JSON protocol', async () => {
  const { client, requests } = await service([200, '{"Messages":[]}'], [200, '']);
  expect(await client.call('ReceiveMessage', { QueueUrl: 'q' })).toEqual({ Messages: [] });
  expect(await client.call('DeleteMessage', {})).toEqual({});
  expect(requests[0]).toEqual({ target: 'AmazonSQS.ReceiveMessage', body: { QueueUrl: 'q' } });
});

test.each([
  [500, '{"__type":"InternalServerError"}'],
  [400, '{"__type":"ThrottlingException"}'],
])('the client retries after %i %s', async (status, body) => {
  const { client, requests } = await service([status, body], [200, '{}']);
  expect(await client.call('ReceiveMessage', {})).toEqual({});
  expect(requests).toHaveLength(2);
});

test('the client throws the error of a refused request, and does not retry', async () => {
  const { client, requests } = await service([400, '{"__type":"QueueDoesNotExist"}']);
  await expect(client.call('ReceiveMessage', {})).rejects.toThrow(
    'ReceiveMessage returned status 400: {"__type":"QueueDoesNotExist"}',
  );
  expect(requests).toHaveLength(1);
});

test('the client fails after three attempts', async () => {
  const { client, requests } = await service([500, 'a'], [500, 'b'], [500, 'c']);
  await expect(client.call('ReceiveMessage', {})).rejects.toThrow('returned status 500: c');
  expect(requests).toHaveLength(3);
});

test('the client stops when its caller aborts', async () => {
  const { client } = await service();
  const waiting = new AbortController();
  const call = client.call('ReceiveMessage', {}, waiting.signal);
  waiting.abort();
  await expect(call).rejects.toThrow('aborted');
});
