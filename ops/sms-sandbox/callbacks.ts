import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import { awsEvent, type CallbackEvent, requestOf } from './callback-requests.ts';

interface Row {
  id: string;
  provider: string;
  address: string;
  event: CallbackEvent;
}

export interface CallbacksOptions {
  database: DatabaseSync;
  /** Publishes a message to an SNS topic. AWS reports events this way. */
  publish: (topicArn: string, message: string) => Promise<void>;
}

export type Callbacks = ReturnType<typeof createCallbacks>;

/** How long events are collected before they are sent, because some providers send batches. */
const GATHER_MS = 300;
const MAX_IN_A_CALL = 100;
const CALLS_AT_ONCE = 4;
/** The delay doubles with each try, so the last try is about 15 seconds after the first. */
const TRIES = 6;
const FIRST_WAIT_MS = 500;

const TABLES = `
  CREATE TABLE IF NOT EXISTS callbacks (
    id TEXT PRIMARY KEY, provider TEXT NOT NULL, address TEXT NOT NULL, told TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS callback_addresses (provider TEXT PRIMARY KEY, address TEXT NOT NULL);
`;

/**
 * Reports the outcome of SMS, and inbound SMS, in each provider's format, signed if the provider signs requests, and in
 * batches if the provider sends batches. Events that are pending when the cloud stops are reported after a restart with
 * the same data folder.
 */
export function createCallbacks({ database, publish }: CallbacksOptions) {
  database.exec(TABLES);
  const insert = database.prepare('INSERT INTO callbacks (id, provider, address, told) VALUES (?, ?, ?, ?)');
  const all = database.prepare('SELECT id, provider, address, told AS event FROM callbacks ORDER BY rowid');
  const remove = database.prepare('DELETE FROM callbacks WHERE id = ?');
  const setAddress = database.prepare('INSERT OR REPLACE INTO callback_addresses (provider, address) VALUES (?, ?)');
  const getAddress = database.prepare('SELECT address FROM callback_addresses WHERE provider = ?');
  const stopping = new AbortController();
  let working: Promise<void> | undefined;

  const rows = () =>
    all.all().map((row) => ({ ...row, event: JSON.parse(String(row.event)) as CallbackEvent })) as unknown as Row[];

  async function call(some: readonly Row[]): Promise<void> {
    const [{ provider, address }] = some as [Row];
    for (let tries = 1; ; tries++) {
      try {
        await deliver(provider, address, some);
        break;
      } catch (error) {
        if (tries === TRIES) {
          console.error(`SMS provider ${provider}: ${some.length} callbacks are lost: ${(error as Error).message}`);
          break;
        }
      }
      await delay(FIRST_WAIT_MS * 2 ** (tries - 1), undefined, { signal: stopping.signal });
    }
    for (const { id } of some) remove.run(id);
  }

  async function deliver(provider: string, address: string, some: readonly Row[]): Promise<void> {
    const events = some.map((row) => row.event);
    if (provider === 'aws') {
      for (const one of events) await publish(address, JSON.stringify(awsEvent(one)));
      return;
    }
    const { url, headers, body } = requestOf(provider, address, events);
    const response = await fetch(url, { method: 'POST', headers, body, signal: stopping.signal });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${new URL(url).pathname} returned ${response.status}`);
  }

  async function work(): Promise<void> {
    for (;;) {
      await delay(GATHER_MS, undefined, { signal: stopping.signal });
      const waiting = rows();
      if (waiting.length === 0) {
        working = undefined;
        return;
      }
      await pMap(callsOf(waiting), call, { concurrency: CALLS_AT_ONCE });
    }
  }

  function start(): void {
    working ??= work().catch((error: Error) => {
      working = undefined;
      if (!stopping.signal.aborted) console.error(`SMS callbacks: ${error.message}`);
    });
  }

  return {
    /**
     * Sets a provider's address for inbound SMS. Alibaba and AWS also send receipts to this address, because their send
     * requests name no address. For real providers, operators configure this address at the provider.
     */
    setAddress: (provider: string, address: string): void => void setAddress.run(provider, address),
    addressOf: (provider: string): string | undefined =>
      (getAddress.get(provider) as { address: string } | undefined)?.address,

    add(provider: string, address: string, event: CallbackEvent): void {
      insert.run(randomUUID(), provider, address, JSON.stringify(event));
      start();
    },

    /** Whether events are pending. */
    isBusy: (): boolean => rows().length > 0,

    /** Starts to report pending events, for example after a restart. */
    start,

    async stop(): Promise<void> {
      stopping.abort();
      await working;
    },
  };
}

/** Groups events into calls. Twilio and AWS send one event per call. */
function callsOf(waiting: readonly Row[]): Row[][] {
  const calls: Row[][] = [];
  for (const some of Map.groupBy(waiting, ({ provider, address }) => `${provider} ${address}`).values()) {
    const size = ['http', 'alibaba'].includes(some[0]?.provider ?? '') ? MAX_IN_A_CALL : 1;
    for (let from = 0; from < some.length; from += size) calls.push(some.slice(from, from + size));
  }
  return calls;
}
