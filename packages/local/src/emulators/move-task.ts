import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Message, Queue, QueueStore } from './message-metadata.ts';

/** A task refers to queues by ARN, because a queue may be deleted and recreated during the task. */
export interface MoveTask {
  handle: string;
  source: string;
  destination: string | undefined;
  /** Messages per second; undefined for no limit. */
  rate: number | undefined;
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED';
  moved: number;
  toMove: number;
  startedAt: number;
  failureReason?: string;
}

export interface MoveOptions {
  store: QueueStore;
  /** Creates a message the way fauxqs does. */
  createMessage: (message: Message, delaySeconds: number) => Message;
  /** Rejects if the caller that started the task may not send to a message's original queue. */
  authorizeReturn: (queueArn: string) => Promise<void>;
}

/**
 * Moves messages until no message is left, or until the task is cancelled. Never rejects: an error becomes the failure
 * reason of the task.
 */
export async function run(task: MoveTask, options: MoveOptions): Promise<void> {
  try {
    while (task.status === 'RUNNING' && (await moveOne(task, options)))
      await (task.rate === undefined ? nextTurn() : delay(1_000 / task.rate, undefined, { ref: false }));
    if (task.status === 'CANCELLING') task.status = 'CANCELLED';
  } catch (error) {
    Object.assign(task, { status: 'FAILED', failureReason: (error as Error).message });
  }
}

const VISIBILITY_SECONDS = 30;

/**
 * Moves one message: sends a new message with the same content and a new id, and deletes the original.
 * @returns whether there may be more messages
 */
async function moveOne(task: MoveTask, options: MoveOptions): Promise<boolean> {
  const source = queueAt(options.store, task.source);
  const [received] = source.dequeue(1, VISIBILITY_SECONDS);
  const message = received && source.inflightMessages.get(received.ReceiptHandle)?.message;
  if (!message) {
    task.status = 'COMPLETED';
    return false;
  }
  try {
    const destination = await destinationOf(message, task, options);
    if (destination.isFifo() !== source.isFifo()) throw new Error('SourceAndDestinationQueueTypesDiffer');
    const moved = options.createMessage(message, Number(destination.attributes.DelaySeconds ?? 0));
    destination.enqueue({
      ...moved,
      ...(destination.isFifo() && { sequenceNumber: destination.nextSequenceNumber() }),
    });
  } catch (error) {
    source.changeVisibility(received.ReceiptHandle, 0);
    throw error;
  }
  source.deleteMessage(received.ReceiptHandle);
  task.moved++;
  return true;
}

async function destinationOf(
  { deadLetterSource }: Message,
  { destination }: MoveTask,
  { store, authorizeReturn }: MoveOptions,
): Promise<Queue> {
  if (destination !== undefined) return queueAt(store, destination);
  if (deadLetterSource === undefined) throw new Error('CouldNotDetermineMessageSource');
  await authorizeReturn(deadLetterSource);
  return queueAt(store, deadLetterSource);
}

function queueAt(store: QueueStore, arn: string): Queue {
  const queue = store.getQueueByArn(arn);
  if (!queue) throw new Error('AWS.SimpleQueueService.NonExistentQueue');
  return queue;
}
