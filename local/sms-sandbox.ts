import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import * as z from 'zod';
import type { Faults } from './faults.ts';
import { close, listen } from './listen.ts';
import { readBody } from './read-body.ts';
import type { State } from './state.ts';

export interface SentText {
  id: string;
  to: string;
  text: string;
  idempotencyKey: string | null;
  receivedAt: string;
}

export interface SmsSandbox {
  url: string;
  stop(): Promise<void>;
}

const message = z.object({ to: z.string().regex(/^\+\d{2,15}$/), text: z.string().min(1).max(1600) });

/**
 * A generic SMS gateway that sends nothing: it keeps what it was given.
 * `POST /messages` `{to, text}` → 202; with an `Idempotency-Key` seen before, 202 with the text kept then.
 * `GET /messages?to=` → `{total, messages}`, the oldest first.
 */
export async function startSmsSandbox({
  state: { database },
  port,
  faults,
}: {
  state: State;
  port: number;
  faults?: Faults | undefined;
}): Promise<SmsSandbox> {
  const columns = 'id, recipient AS "to", body AS text, idempotency_key AS idempotencyKey, received_at AS receivedAt';
  const byKey = database.prepare(`SELECT ${columns} FROM texts WHERE idempotency_key = ?`);
  const all = database.prepare(`SELECT ${columns} FROM texts ORDER BY rowid`);
  const byRecipient = database.prepare(`SELECT ${columns} FROM texts WHERE recipient = ? ORDER BY rowid`);
  const insert = database.prepare(
    'INSERT INTO texts (id, idempotency_key, recipient, body, received_at) VALUES (?, ?, ?, ?, ?)',
  );

  function accept(key: string | undefined, body: Buffer): { status: number; answer: unknown } {
    const known = key && (byKey.get(key) as unknown as SentText | undefined);
    if (known) return { status: 202, answer: known };
    const parsed = message.safeParse(parseJson(body));
    if (!parsed.success) return { status: 422, answer: { error: z.prettifyError(parsed.error) } };
    const { to, text } = parsed.data;
    const sent: SentText = {
      id: randomUUID(),
      to,
      text,
      idempotencyKey: key ?? null,
      receivedAt: new Date().toISOString(),
    };
    insert.run(sent.id, sent.idempotencyKey, to, text, sent.receivedAt);
    return { status: 202, answer: sent };
  }

  /** @returns nothing if there shall be no answer */
  function acceptOrFail(key: string | undefined, body: Buffer): { status: number; answer: unknown } | undefined {
    const fault = faults?.text(key);
    if (fault) faults?.happened(`SMS gateway: ${fault}`);
    if (fault === 'hangs') return undefined;
    if (fault === 'fails') return { status: 503, answer: { error: 'a fault on purpose' } };
    if (fault === 'refuses') return { status: 422, answer: { error: 'a fault on purpose' } };
    const accepted = accept(key, body);
    return fault === 'answer lost' ? undefined : accepted;
  }

  async function handle(request: IncomingMessage): Promise<{ status: number; answer: unknown } | undefined> {
    const [pathname, query] = (request.url ?? '/').split('?');
    const body = await readBody(request);
    if (pathname === '/messages' && request.method === 'POST') {
      return acceptOrFail(request.headers['idempotency-key'] as string | undefined, body ?? Buffer.alloc(0));
    }
    if (pathname === '/messages' && request.method === 'GET') {
      const to = new URLSearchParams(query).get('to');
      const messages = (to === null ? all.all() : byRecipient.all(to)) as unknown as SentText[];
      return { status: 200, answer: { total: messages.length, messages } };
    }
    return { status: 404, answer: { error: 'There is only /messages here, for GET and POST.' } };
  }

  const server = createServer((request, response) => {
    handle(request).then(
      (given) => {
        // A client that hears nothing hangs up by itself.
        if (!given) return;
        response.writeHead(given.status, { 'content-type': 'application/json' }).end(JSON.stringify(given.answer));
      },
      // Whoever asked went away before the end of the request.
      () => response.destroy(),
    );
  });
  return { url: await listen(server, port, 'the SMS sandbox'), stop: () => close(server) };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
