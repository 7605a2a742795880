import { randomUUID } from 'node:crypto';
import type { Queue, QueueStore } from './message-metadata.ts';
import { type MoveOptions, type MoveTask, run } from './move-task.ts';

export interface MovesOptions extends Pick<MoveOptions, 'store' | 'createMessage'> {
  /** Rejects if the sender of a request (header `authorization`) may not send to a queue. */
  authorizeSending: (authorization: string | undefined, queueArn: string) => Promise<void>;
  /** Creates an SQS error. */
  error: (code: string, message: string) => Error;
}

type Request = Record<string, string | number | undefined>;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html */
const MAX_RATE = 500;
const MAX_LISTED = 10;
const MAX_SOURCES = 1_000;

const deadLetterQueueOf = ({ attributes: { RedrivePolicy } }: Queue): string | undefined =>
  RedrivePolicy ? (JSON.parse(RedrivePolicy) as { deadLetterTargetArn?: string }).deadLetterTargetArn : undefined;

/** The queues that have a given dead-letter queue. */
const sourcesOf = (store: QueueStore, arn: string): Queue[] =>
  [...store.allQueues()].filter((queue) => deadLetterQueueOf(queue) === arn);

/**
 * Implements the operations of dead-letter queues that fauxqs does not support: message move tasks, and the list of a
 * dead-letter queue's sources. A task ends when the cloud stops. Messages that the task has not moved stay in the
 * source queue.
 */
export function createMessageMoves(options: MovesOptions) {
  const { store, error } = options;
  const tasks: MoveTask[] = [];

  function queueAt(parameter: 'SourceArn' | 'DestinationArn', arn: unknown): Queue {
    const queue = store.getQueueByArn(String(arn));
    if (!queue)
      throw error(
        'ResourceNotFoundException',
        `The resource that you specified for the ${parameter} parameter doesn't exist.`,
      );
    return queue;
  }

  function sourceIn(handle: string): string {
    const [, arn] = /"sourceArn":"([^"]+)"/.exec(Buffer.from(handle, 'base64').toString()) ?? [];
    if (arn === undefined) throw error('InvalidParameterValue', 'Value for parameter TaskHandle is invalid.');
    return arn;
  }

  function start(
    { SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: rate }: Request,
    _: unknown,
    { headers }: { headers: { authorization?: string } },
  ) {
    const invalid = (message: string) => error('InvalidParameterValue', message);
    if (rate !== undefined && !(Number(rate) >= 1 && Number(rate) <= MAX_RATE))
      throw invalid(`MaxNumberOfMessagesPerSecond must be between 1 and ${MAX_RATE}.`);
    const source = queueAt('SourceArn', SourceArn);
    const destination = DestinationArn === undefined ? undefined : queueAt('DestinationArn', DestinationArn);
    if (sourcesOf(store, source.arn).length === 0)
      throw invalid('Source queue must be configured as a Dead Letter Queue.');
    if (destination === source) throw invalid('Source queue arn and destination queue arn cannot be the same.');
    if (destination && destination.isFifo() !== source.isFifo())
      throw invalid('The source queue and the destination queue must be of the same type: standard or FIFO.');
    if (tasks.some((task) => task.source === source.arn && isActive(task)))
      throw invalid(
        'There is already a task running. Only one active task is allowed for a source queue arn at a time.',
      );
    const task: MoveTask = {
      handle: Buffer.from(JSON.stringify({ taskId: randomUUID(), sourceArn: source.arn })).toString('base64'),
      source: source.arn,
      destination: destination?.arn,
      rate: rate === undefined ? undefined : Number(rate),
      status: 'RUNNING',
      moved: 0,
      toMove: Number(source.getAttribute('ApproximateNumberOfMessages')),
      startedAt: Date.now(),
    };
    tasks.unshift(task);
    const authorizeReturn = (queueArn: string) => options.authorizeSending(headers.authorization, queueArn);
    void run(task, { ...options, authorizeReturn });
    return { TaskHandle: task.handle };
  }

  function list({ SourceArn, MaxResults = 1 }: Request) {
    const { arn } = queueAt('SourceArn', SourceArn);
    if (!(Number(MaxResults) >= 1 && Number(MaxResults) <= MAX_LISTED))
      throw error('InvalidParameterValue', `MaxResults must be between 1 and ${MAX_LISTED}.`);
    const ofQueue = tasks.filter(({ source }) => source === arn);
    return { Results: ofQueue.slice(0, Number(MaxResults)).map(resultOf) };
  }

  function cancel({ TaskHandle }: Request) {
    queueAt('SourceArn', sourceIn(String(TaskHandle)));
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
    if (MaxResults !== undefined && !(Number(MaxResults) >= 1 && Number(MaxResults) <= MAX_SOURCES))
      throw error('InvalidParameterValue', `MaxResults must be between 1 and ${MAX_SOURCES}.`);
    const page = MaxResults === undefined ? all : all.slice(0, Number(MaxResults));
    const next = page.length < all.length && { NextToken: page.at(-1)?.name };
    return { queueUrls: page.map(({ url }) => url), ...next };
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

const isActive = ({ status }: MoveTask) => status === 'RUNNING' || status === 'CANCELLING';

const resultOf = (task: MoveTask) => ({
  ...(task.status === 'RUNNING' && { TaskHandle: task.handle }),
  Status: task.status,
  SourceArn: task.source,
  ...(task.destination && { DestinationArn: task.destination }),
  ...(task.rate !== undefined && { MaxNumberOfMessagesPerSecond: task.rate }),
  ApproximateNumberOfMessagesMoved: task.moved,
  ApproximateNumberOfMessagesToMove: task.toMove,
  ...(task.failureReason && { FailureReason: task.failureReason }),
  StartedTimestamp: task.startedAt,
});
