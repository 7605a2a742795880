import { randomUUID } from 'node:crypto';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Message, Queue, QueueStore } from './message-facts.ts';

type Status = 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED';

interface Task {
  handle: string;
  source: Queue;
  destination: Queue | undefined;
  /** Messages a second; undefined: as fast as it goes. */
  rate: number | undefined;
  status: Status;
  moved: number;
  toMove: number;
  startedAt: number;
  failureReason?: string;
}

export interface MovesOptions {
  store: QueueStore;
  /** As fauxqs makes a message. */
  createMessage: (message: Message, delaySeconds: number) => Message;
  /** An error of SQS. */
  error: (code: string, message: string) => Error;
}

type Request = Record<string, string | number | undefined>;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html */
const MAX_RATE = 500;
const MAX_LISTED = 10;

const deadLetterQueueOf = ({ attributes: { RedrivePolicy } }: Queue): string | undefined =>
  RedrivePolicy ? (JSON.parse(RedrivePolicy) as { deadLetterTargetArn?: string }).deadLetterTargetArn : undefined;

/** The queues whose dead letters go to one. */
const sourcesOf = (store: QueueStore, arn: string): Queue[] =>
  [...store.allQueues()].filter((queue) => deadLetterQueueOf(queue) === arn);

/**
 * What SQS does with the messages of dead-letter queues, which fauxqs has not. A task is forgotten when the cloud stops:
 * what it has not moved stays where it is.
 */
export function createMessageMoves(options: MovesOptions) {
  const { store, error } = options;
  const tasks: Task[] = [];

  function queueAt(parameter: 'SourceArn' | 'DestinationArn', arn: unknown): Queue {
    const queue = store.getQueueByArn(String(arn));
    if (!queue)
      throw error(
        'ResourceNotFoundException',
        `The resource that you specified for the ${parameter} parameter doesn't exist.`,
      );
    return queue;
  }

  function start({ SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: rate }: Request) {
    const invalid = (why: string) => error('InvalidParameterValue', why);
    if (rate !== undefined && !(Number(rate) >= 1 && Number(rate) <= MAX_RATE))
      throw invalid(`MaxNumberOfMessagesPerSecond must be between 1 and ${MAX_RATE}.`);
    const source = queueAt('SourceArn', SourceArn);
    const destination = DestinationArn === undefined ? undefined : queueAt('DestinationArn', DestinationArn);
    if (sourcesOf(store, source.arn).length === 0)
      throw invalid('Source queue must be configured as a Dead Letter Queue.');
    if (tasks.some((task) => task.source === source && isActive(task)))
      throw invalid(
        'There is already a task running. Only one active task is allowed for a source queue arn at a time.',
      );
    const task: Task = {
      handle: Buffer.from(JSON.stringify({ taskId: randomUUID(), sourceArn: source.arn })).toString('base64'),
      source,
      destination,
      rate: rate === undefined ? undefined : Number(rate),
      status: 'RUNNING',
      moved: 0,
      toMove: Number(source.getAttribute('ApproximateNumberOfMessages')),
      startedAt: Date.now(),
    };
    tasks.unshift(task);
    void moveAll(task, options);
    return { TaskHandle: task.handle };
  }

  function list({ SourceArn, MaxResults = 1 }: Request) {
    const { arn } = queueAt('SourceArn', SourceArn);
    if (!(Number(MaxResults) >= 1 && Number(MaxResults) <= MAX_LISTED))
      throw error('InvalidParameterValue', `MaxResults must be between 1 and ${MAX_LISTED}.`);
    const own = tasks.filter(({ source }) => source.arn === arn);
    return { Results: own.slice(0, Number(MaxResults)).map(described) };
  }

  function cancel({ TaskHandle }: Request) {
    const task = tasks.find(({ handle }) => handle === TaskHandle);
    if (!task) throw error('ResourceNotFoundException', 'Task does not exist.');
    if (task.status !== 'RUNNING') throw error('UnsupportedOperation', 'Only a running task can be cancelled.');
    task.status = 'CANCELLING';
    return { ApproximateNumberOfMessagesMoved: task.moved };
  }

  /** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListDeadLetterSourceQueues.html */
  function listSources({ QueueUrl = '', MaxResults, NextToken = '' }: Request) {
    const queue = store.getQueue(String(QueueUrl));
    if (!queue) throw error('QueueDoesNotExist', 'The specified queue does not exist.');
    const all = sourcesOf(store, queue.arn)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .filter(({ name }) => name > String(NextToken));
    const some = MaxResults === undefined ? all : all.slice(0, Number(MaxResults));
    const next = some.length < all.length && { NextToken: some.at(-1)?.name };
    return { queueUrls: some.map(({ url }) => url), ...next };
  }

  return {
    actions: {
      StartMessageMoveTask: start,
      ListMessageMoveTasks: list,
      CancelMessageMoveTask: cancel,
      ListDeadLetterSourceQueues: listSources,
    },
    stop(): void {
      for (const task of tasks) if (isActive(task)) task.status = 'CANCELLING';
    },
  };
}

const isActive = ({ status }: Task) => status === 'RUNNING' || status === 'CANCELLING';

async function moveAll(task: Task, options: MovesOptions): Promise<void> {
  while (task.status === 'RUNNING' && moveOne(task, options))
    await (task.rate === undefined ? nextTurn() : delay(1_000 / task.rate, undefined, { ref: false }));
  if (task.status === 'CANCELLING') task.status = 'CANCELLED';
}

const RECEIVED_FOR_SECONDS = 30;

/** As a message that is new, with an id of its own. @returns whether there may be another */
function moveOne(task: Task, { store, createMessage }: MovesOptions): boolean {
  const { source } = task;
  const [received] = source.dequeue(1, RECEIVED_FOR_SECONDS);
  const message = received && source.inflightMessages.get(received.ReceiptHandle)?.message;
  if (!message) {
    task.status = 'COMPLETED';
    return false;
  }
  const destination = task.destination ?? store.getQueueByArn(message.deadLetterSource ?? '');
  if (!destination) {
    source.changeVisibility(received.ReceiptHandle, 0);
    Object.assign(task, { status: 'FAILED', failureReason: 'CouldNotDetermineMessageSource' });
    return false;
  }
  const moved = createMessage(message, Number(destination.attributes.DelaySeconds ?? 0));
  destination.enqueue({ ...moved, ...(destination.isFifo() && { sequenceNumber: destination.nextSequenceNumber() }) });
  source.deleteMessage(received.ReceiptHandle);
  task.moved++;
  return true;
}

const described = (task: Task) => ({
  ...(task.status === 'RUNNING' && { TaskHandle: task.handle }),
  Status: task.status,
  SourceArn: task.source.arn,
  ...(task.destination && { DestinationArn: task.destination.arn }),
  ...(task.rate !== undefined && { MaxNumberOfMessagesPerSecond: task.rate }),
  ApproximateNumberOfMessagesMoved: task.moved,
  ApproximateNumberOfMessagesToMove: task.toMove,
  ...(task.failureReason && { FailureReason: task.failureReason }),
  StartedTimestamp: task.startedAt,
});
