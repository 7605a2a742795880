import { createDynamoDB, readEnvironment, text } from '@rollcall/kit/aws';
import { type ClaimCheck, createClaimCheck, createPublisher, draft, draftTo } from '@rollcall/kit/messaging';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { documents, filed, print, prints, removed } from '../../shared/contracts.ts';

const { ORDERS_TABLE: table, OUTBOX_TABLE: outboxTable } = readEnvironment(
  z.object({ ORDERS_TABLE: text, OUTBOX_TABLE: text }),
);
const client = createDynamoDB();
const claimCheck = createClaimCheck();

type Sent = Parameters<ClaimCheck['keep']>[0][number]['messages'][number];

const withOtherContent = (message: Sent): Sent =>
  message.claim ? { ...message, claim: { ...message.claim, bytes: Buffer.from('{}') } } : message;

/** Ways to store large data: completely, not at all, or with other content. */
const keeping: Record<string, ClaimCheck> = {
  whole: claimCheck,
  nothing: { ...claimCheck, async keep() {} },
  another: {
    ...claimCheck,
    keep: (rows) => claimCheck.keep(rows.map((row) => ({ ...row, messages: row.messages.map(withOtherContent) }))),
  },
};

const publisher = (claimCheck: ClaimCheck) =>
  createPublisher<{ version: number }, typeof documents>(documents, { client, table, outboxTable, claimCheck });

interface File {
  orderId: string;
  /** How often the document repeats `text`. */
  characters: number;
  /** Default: one character. */
  text?: string;
  /** The way to store the data: a key of `keeping`. Default: `whole`. */
  keeps?: string;
  prints?: boolean;
  /** The ID of the message. Default: a new one. */
  id?: string;
}

/** Files a document that consists of repetitions of a text, and optionally sends a command to print it. */
export async function file({ orderId, characters, text = 'x', keeps = 'whole', ...options }: File): Promise<void> {
  const data = { orderId, text: text.repeat(characters) };
  const send = options.prints ? [draftTo(prints, print, data)] : [];
  const decision = {
    state: {},
    events: [draft(filed, data, { ...(options.id !== undefined && { id: options.id }) })] as const,
    send,
  };
  await publisher(keeping[keeps] ?? claimCheck).create(orderId, decision, { now: new Date(), newId });
}

export async function remove({ orderId }: { orderId: string }): Promise<void> {
  const events = [draft(removed, { orderId })] as const;
  await publisher(claimCheck).change(orderId, () => ({ state: {}, events }), { now: new Date(), newId });
}
