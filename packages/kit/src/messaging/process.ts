import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { ConsumerDescriptor } from '../contracts/consumer.ts';
import type { MessageContract } from '../contracts/contract.ts';
import type { ProcessDescriptor } from '../contracts/process-descriptor.ts';
import { currentTraceparent } from '../observability/spans.ts';
import { type AddressedDraft, type CommandContext, draftTo, subjectOf } from './draft.ts';
import { HeldError, PermanentError } from './errors.ts';
import type { Handlers } from './handlers.ts';
import type { LaterMessages } from './later/waiting.ts';
import type { Message } from './message.ts';
import type { TransactItem } from './outbox.ts';
import { createOutboxWriter } from './outbox-writer.ts';
import { type Decided, transitionsOf } from './process/advance.ts';
import { placed } from './process/deadline.ts';
import type { Moved } from './process/moves.ts';
import { type Awaited, awaitedOf, type ProcessState } from './process/state.ts';
import { versionedPut } from './versioned-put.ts';

type Ended<Data> = (process: ProcessState<Data>, context: CommandContext) => Promise<readonly TransactItem[]>;

export interface ProcessOptions<Data> {
  client: DynamoDBDocumentClient;
  /**
   * Of its items, and of the counts of its commands to ordered queues. It is the table of the publisher that starts it (the
   * `countersTable` of an outbox writer): counted in two tables, two commands to a subject would get one place.
   */
  table: string;
  outboxTable: string;
  /** Of `createLater`, on LATER_TABLE of the outbox: its deadlines wait there. */
  later: LaterMessages;
  /** CloudEvents `source` of its commands: `/APPLICATION/SERVICE`. */
  source: string;
  /** Of its item. Default: `{ pk: 'process#NAME/ID' }`. */
  key?: (id: string) => Record<string, string>;
  now?: () => Date;
  newId: () => string;
  /** What else is written, in the transaction in which it ends; once, also of one that is compensated again. */
  on?: { completed?: Ended<Data>; failed?: Ended<Data> };
}

/**
 * Parts of a transaction: of a publisher's decision, or of an outbox writer's commit.
 * @public
 */
export interface ProcessWrites {
  send: readonly AddressedDraft[];
  beside: Readonly<Record<string, TransactItem>>;
}

/** Others changed it between read and write. */
const ATTEMPTS = 5;

export type Process<Data> = ReturnType<typeof createProcess<Data>>;

/**
 * Runs a process: its state, its deadline and what it sends are committed together, and each reply is applied once, by that
 * state. The reply of a step that was given up is no reply to the next.
 * @public
 */
export function createProcess<Data>(definition: ProcessDescriptor<Data>, options: ProcessOptions<Data>) {
  const { client, table, outboxTable, later, source, newId, on = {} } = options;
  const { name, steps, replies, deadline } = definition;
  const { key = (id) => ({ pk: `process#${name}/${id}` }), now = () => new Date() } = options;
  const writer = createOutboxWriter({ client, outboxTable, source, countersTable: table, later });
  const { exchangeOf, begin, answered, overdue, decided } = transitionsOf<Data>(definition);

  function commandOf({ id, data }: ProcessState<Data>, awaited: Awaited): AddressedDraft {
    const { send, by } = exchangeOf(awaited);
    const [channel, contract] = send;
    return draftTo(channel, contract, by(data), { replyTo: replies, correlationId: id });
  }

  /** What commits a transition, with what it sends. */
  function writesOf(before: ProcessState<Data> | undefined, moved: Moved<Data>, context: CommandContext) {
    const awaited = awaitedOf(moved.process);
    const command = moved.sends && awaited ? [commandOf(moved.process, awaited)] : [];
    const { process, send, beside } = placed({ name, replies, deadline, later }, before, moved.process, context);
    const { version = 0 } = before ?? {};
    const next = { ...process, version: version + 1, changedAt: context.now.toISOString() };
    const put = { Put: versionedPut(table, key(next.id), next, version) };
    return { next, send: [...command, ...send], beside: { [name]: put, ...beside } };
  }

  async function read(id: string): Promise<ProcessState<Data> | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key(id), ConsistentRead: true }));
    return Item as ProcessState<Data> | undefined;
  }

  /** What commits a transition, for the transaction of a handler; and what its end brings with it. */
  async function itemsOf(before: ProcessState<Data>, moved: Moved<Data>, context: CommandContext) {
    const { next, send, beside } = writesOf(before, moved, context);
    const { state } = next.progress;
    const isFirstEnd = before.endedAt === undefined && (state === 'completed' || state === 'failed');
    const more = isFirstEnd ? ((await on[state]?.(next, context)) ?? []) : [];
    const own = [...Object.values(beside), ...(await writer.writes(send, context))];
    return [...own, ...later.once(more, own)];
  }

  const contextOf = (id: string, { traceparent }: { traceparent?: string | undefined }): CommandContext => {
    const parent = currentTraceparent() ?? traceparent;
    return { now: now(), newId, correlationId: id, ...(parent !== undefined && { traceparent: parent }) };
  };

  async function found(id: string, message: Pick<Message, 'id'>): Promise<ProcessState<Data>> {
    const process = await read(id);
    if (process) return process;
    throw new PermanentError(`message ${message.id} is for ${name} ${id}, which there is not`);
  }

  const handleReply = (step: string, action: Awaited['action']) => async (message: Message) => {
    const { id, correlationid, causationid = id, subject } = message;
    if (correlationid === undefined)
      throw new PermanentError(`message ${id} has no correlation id, which would say what ${name} it answers`);
    const process = await found(correlationid, message);
    const exchange = exchangeOf({ step, action });
    const expected = subjectOf(commandOf(process, { step, action } as Awaited));
    if (subject !== expected)
      throw new PermanentError(`message ${id} answers ${name} ${process.id}, but is about ${subject}, not ${expected}`);
    const ok = exchange.ok?.(message.data, process.data) ?? true;
    const kept = (ok && exchange.keep?.(message.data)) || {};
    const context = contextOf(process.id, message);
    const moved = answered(process, { step, action, command: causationid, ok, kept }, context.now);
    return moved ? { writes: await itemsOf(process, moved, context) } : {};
  };

  async function handleDeadline(message: Message, { released }: { released: boolean }) {
    const { processId, until } = message.data as { processId: string; until: string };
    const process = await found(processId, message);
    const context = contextOf(process.id, message);
    const { progress, timer } = process;
    if (progress.state === 'needs-person' && timer === until) {
      if (!released) throw new HeldError(`${name} ${processId} needs a person: ${progress.why}`);
      return { writes: await itemsOf(process, decided(process, { retry: 'released' }, context.now), context) };
    }
    const moved = overdue(process, until, context.now);
    return moved ? { writes: await itemsOf(process, moved, context) } : {};
  }

  return {
    read,

    /** Begins a process: a companion of that name refuses the transaction if there is one of that id. */
    start(id: string, data: Data, context: CommandContext): ProcessWrites {
      const { send, beside } = writesOf(undefined, begin(id, definition.data.parse(data), context.now), context);
      return { send, beside };
    },

    /**
     * Has a process compensated that was read, with a state of the caller's: a companion of that name refuses the transaction
     * if it has gone on meanwhile.
     * @throws {PermanentError} if it has ended, or does not go back from where it is
     */
    cancel(process: ProcessState<Data>, because: string, context: CommandContext): ProcessWrites {
      const { send, beside } = writesOf(process, decided(process, { cancel: because }, context.now), context);
      return { send, beside };
    },

    /**
     * What a person decides.
     * @throws {PermanentError} if there is no such process, or that cannot be decided about it now
     */
    async decide(id: string, decision: Decided): Promise<ProcessState<Data>> {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const before = await read(id);
        if (!before) throw new PermanentError(`there is no ${name} ${id}`);
        const context = contextOf(id, {});
        const moved = decided(before, decision, context.now);
        const [put, ...others] = await itemsOf(before, moved, context);
        if (!put?.Put) throw new Error('a transition puts its state first');
        const beside = Object.fromEntries(others.map((item, index) => [`item ${index + 1}`, item]));
        const { result } = await writer.commit({ put: put.Put, beside }, context);
        if (result === 'done') return moved.process;
      }
      throw new PermanentError(`${name} ${id} is being changed by others: try again`);
    },

    /**
     * Of the consumer of its replies.
     * @throws {Error} if it takes another queue, or is not `idempotent`: replies are applied once by the process's state
     */
    handlers({ of, idempotent }: Pick<ConsumerDescriptor, 'of' | 'idempotent'>): Handlers<MessageContract> {
      if (of.name !== replies.name || !idempotent)
        throw new Error(`process ${name}: the consumer of its replies takes ${replies.name}, and is \`idempotent\``);
      const exchanges = steps.flatMap((step) => [
        [step.reply.type, handleReply(step.name, 'do')] as const,
        ...(step.compensate ? [[step.compensate.reply.type, handleReply(step.name, 'undo')] as const] : []),
      ]);
      return Object.fromEntries([...exchanges, [deadline.type, handleDeadline]]) as Handlers<MessageContract>;
    },
  };
}
