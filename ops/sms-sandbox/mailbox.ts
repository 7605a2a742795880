import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { Callbacks } from './callbacks.ts';
import type { SmsFault } from './faults.ts';

export interface SentText {
  id: string;
  to: string;
  text: string;
  /** Null if the provider does not support idempotency keys. */
  idempotencyKey: string | null;
  /** `http`, `twilio`, `alibaba` or `aws`. */
  provider: string;
  receivedAt: string;
}

/** The responses of a provider that does not accept an SMS, in the provider's format. */
export interface Refusals<Answer> {
  fails: Answer;
  refuses: Answer;
  'opted out': Answer;
  throttles: Answer;
}

/** The outcome of an accepted SMS. */
export type DeliveryOutcome = 'delivered' | 'undelivered';

/** An SMS that a provider accepted. */
export interface Accepted {
  to: string;
  text: string;
  /** The idempotency key. Requests with the same key request the same SMS. */
  key?: string;
  provider: string;
  /** The requested receipt: where to send it, and the reference that it must contain. */
  receipt?: { address: string; reference: string } | undefined;
}

/** Faults of the generic gateway. `hangs`: does not respond. `answer lost`: stores the SMS and does not respond. */
export type TextFault = 'fails' | 'refuses' | 'hangs' | 'answer lost';

/** The faults to inject, and an observer. */
export interface TextFaults {
  /** Called for every SMS that the generic gateway is requested to send. Returns the fault to inject. */
  text(idempotencyKey: string | undefined): TextFault | undefined;
  /** Called for each fault when it occurs. */
  happened(fault: string): void;
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS sent_texts (
    id TEXT PRIMARY KEY, idempotency_key TEXT UNIQUE, recipient TEXT NOT NULL, body TEXT NOT NULL,
    provider TEXT NOT NULL, received_at TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS sent_to ON sent_texts (recipient);
`;

export type Mailbox = ReturnType<typeof createMailbox>;

/** Creates the storage of the SMS that the sandbox's providers accepted, and of the faults of each provider. */
export function createMailbox(database: DatabaseSync, callbacks: Pick<Callbacks, 'add'>, faults?: TextFaults) {
  database.exec(TABLES);
  const columns =
    'id, recipient AS "to", body AS text, idempotency_key AS idempotencyKey, provider, received_at AS receivedAt';
  const byKey = database.prepare(`SELECT ${columns} FROM sent_texts WHERE idempotency_key = ?`);
  const all = database.prepare(`SELECT ${columns} FROM sent_texts ORDER BY rowid`);
  const byRecipient = database.prepare(`SELECT ${columns} FROM sent_texts WHERE recipient = ? ORDER BY rowid`);
  const insert = database.prepare(
    'INSERT INTO sent_texts (id, recipient, body, idempotency_key, provider, received_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const broken = new Map<string, SmsFault>();
  const requestCounts: Record<string, number> = {};

  return {
    faults: broken,

    /** The number of send requests since the start, by provider and instance. */
    requestCounts: requestCounts as Readonly<Record<string, number>>,

    /** Stores an SMS. If the key is known, returns the stored SMS. */
    store({ to, text, key, provider, receipt }: Accepted, outcome: DeliveryOutcome): SentText {
      const known = key && (byKey.get(key) as unknown as SentText | undefined);
      if (known) return known;
      const sent = { id: randomUUID(), to, text, idempotencyKey: key ?? null, provider };
      const receivedAt = new Date().toISOString();
      insert.run(sent.id, to, text, sent.idempotencyKey, provider, receivedAt);
      if (receipt) callbacks.add(provider, receipt.address, { kind: outcome, reference: receipt.reference, to });
      return { ...sent, receivedAt };
    },

    texts: (to?: string) => (to === undefined ? all.all() : byRecipient.all(to)) as unknown as SentText[],

    /**
     * Accepts an SMS, or fails according to the injected fault.
     * @param names the names of the provider and of its instance
     * @returns the response; undefined if the caller must send none
     * @throws {Error} if the fault is `down`
     */
    async respond<Answer>(
      names: readonly string[],
      key: string | undefined,
      accept: (outcome: DeliveryOutcome) => Answer,
      refusals: Refusals<Answer>,
    ): Promise<Answer | undefined> {
      for (const name of names) requestCounts[name] = (requestCounts[name] ?? 0) + 1;
      const injected = names.includes('http') ? faults?.text(key) : undefined;
      const fault = injected ? { kind: injected } : names.map((name) => broken.get(name)).find(Boolean);
      if (!fault) return accept('delivered');
      if (injected) faults?.happened(`SMS gateway: ${injected}`);
      switch (fault.kind) {
        case 'slow':
          await delay((fault as SmsFault).ms ?? 1_000);
          return accept('delivered');
        case 'undelivered':
          return accept('undelivered');
        case 'hangs':
          return undefined;
        case 'answer lost':
          accept('delivered');
          return undefined;
        case 'down':
          throw new Error('unreachable');
        default:
          return refusals[fault.kind];
      }
    },
  };
}
