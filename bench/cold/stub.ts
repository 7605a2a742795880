import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { listen } from '@rollcall/local/internal/server/listen';
import { readBody } from '@rollcall/local/internal/server/read-body';
import type { RecordedCall } from './recording.ts';

/** A server that replays recorded responses of AWS, so that a function is measured without a database. */
export interface Stub {
  url: string;
  /** Sets the responses to replay. */
  replay(calls: readonly RecordedCall[]): void;
  stop(): void;
}

export async function startStub(): Promise<Stub> {
  let recorded = new Map<string, string[]>();

  function nextResponseTo(operation: string): string | undefined {
    const [first, ...rest] = recorded.get(operation) ?? [];
    if (rest.length > 0) recorded.set(operation, rest);
    return first;
  }

  const server: Server = createServer(async (request, response) => {
    const body = String(await readBody(request));
    const target = String(request.headers['x-amz-target'] ?? '').split('.')[1];
    const action = /(?:^|&)Action=(\w+)/.exec(body)?.[1];
    const operation = target ?? action;
    // A request without an operation is a call to the SMS gateway.
    if (operation === undefined) return response.writeHead(202, { 'content-type': 'application/json' }).end('{}');
    const replayed = operation === 'SendMessageBatch' ? successOf(body) : nextResponseTo(operation);
    const type = target ? 'application/x-amz-json-1.0' : 'text/xml';
    if (replayed === undefined)
      return response.writeHead(400, { 'content-type': type }).end('{"__type":"NotRecorded"}');
    return response.writeHead(replayed.includes('"__type"') ? 400 : 200, { 'content-type': type }).end(replayed);
  });
  const url = await listen(server, 0, 'the recorded responses');
  return {
    url,
    replay(calls) {
      const byOperation = Map.groupBy(calls, ({ operation }) => operation);
      recorded = new Map(
        [...byOperation].map(([operation, some]) => [operation, some.map(({ response }) => response)]),
      );
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * Computes the response to a SendMessageBatch. A recorded response cannot be replayed, because the SDK compares the
 * digests in the response with the message bodies, which contain other ids and times than the recorded bodies.
 */
function successOf(request: string): string {
  const { Entries } = JSON.parse(request) as { Entries: Array<{ Id: string; MessageBody: string }> };
  const Successful = Entries.map(({ Id, MessageBody }) => ({
    Id,
    MessageId: Id,
    MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
  }));
  return JSON.stringify({ Successful });
}
