import type { ConsumerDescriptor } from '../../contracts/consumer.ts';
import type { MessageContract } from '../../contracts/contract.ts';
import type { ProcessDescriptor } from '../../contracts/process-descriptor.ts';
import { subjectOf } from '../draft.ts';
import { HeldError, PermanentError } from '../errors.ts';
import type { Handlers } from '../handlers.ts';
import type { Message } from '../message.ts';
import type { transitionsOf } from './advance.ts';
import type { Awaited } from './state.ts';
import type { Steps } from './steps.ts';
import type { ProcessOptions, TransitionWrites } from './writes.ts';

/** Creates a function that returns the handlers for a consumer. They apply replies and deadlines to processes. */
export function replyHandlers<Data>(
  { name, steps, replies, deadline }: ProcessDescriptor<Data>,
  { exchangeOf, afterReply, afterDeadline, afterDecision }: Steps & ReturnType<typeof transitionsOf<Data>>,
  { read, commandOf, itemsOf, deletion, contextOf }: TransitionWrites<Data>,
  { isErased = async () => false }: Pick<ProcessOptions<Data>, 'isErased'>,
) {
  const handleReply = (step: string, action: Awaited['action']) => async (message: Message) => {
    const { id, correlationid, causationid = id, subject } = message;
    if (correlationid === undefined)
      throw new PermanentError(`message ${id} has no correlation id, which would identify the ${name}`);
    const [process, erased] = await Promise.all([read(correlationid), isErased(subject)]);
    if (!process && erased) return {};
    if (!process) throw new PermanentError(`message ${id} is for ${name} ${correlationid}, which does not exist`);
    const exchange = exchangeOf({ step, action });
    const expected = subjectOf(commandOf(process, { step, action }));
    if (subject !== expected)
      throw new PermanentError(
        `message ${id} is a reply to ${name} ${process.id}, but is about ${subject}, not ${expected}`,
      );
    if (exchange.matches?.(message.data, process.data) === false)
      throw new PermanentError(
        `message ${id} is a reply to ${name} ${process.id}, but does not match the step ${step}`,
      );
    if (erased) return { writes: deletion(process.id) };
    const ok = exchange.ok?.(message.data, process.data) ?? true;
    const dataUpdate = exchange.keep?.(message.data) ?? {};
    const context = contextOf(process.id, message);
    const transition = afterReply(process, { step, action, command: causationid, ok, dataUpdate }, context.now);
    return transition ? { writes: await itemsOf(process, transition, context) } : {};
  };

  async function handleDeadline(message: Message, { released }: { released: boolean }) {
    const { processId, until } = message.data as { processId: string; until: string };
    const process = await read(processId);
    // The process was deleted when its subject was erased.
    if (!process) return {};
    const context = contextOf(process.id, message);
    const { progress, timer } = process;
    if (progress.state === 'needs-person' && timer === until) {
      if (!released) throw new HeldError(`${name} ${processId} needs a person: ${progress.why}`);
      return { writes: await itemsOf(process, afterDecision(process, { retry: 'released' }, context.now), context) };
    }
    const transition = afterDeadline(process, until, context.now);
    return transition ? { writes: await itemsOf(process, transition, context) } : {};
  }

  return ({ of, idempotent }: Pick<ConsumerDescriptor, 'of' | 'idempotent'>): Handlers<MessageContract> => {
    if (of.name !== replies.name || !idempotent)
      throw new Error(
        `process ${name}: the consumer of its replies must consume ${replies.name} and be \`idempotent\``,
      );
    const exchanges = steps.flatMap((step) => [
      [step.reply.type, handleReply(step.name, 'do')] as const,
      ...(step.compensate ? [[step.compensate.reply.type, handleReply(step.name, 'undo')] as const] : []),
    ]);
    const deadlineHandlers = deadline ? [[deadline.type, handleDeadline] as const] : [];
    return Object.fromEntries([...exchanges, ...deadlineHandlers]) as Handlers<MessageContract>;
  };
}
