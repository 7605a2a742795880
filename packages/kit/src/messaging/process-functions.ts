import type { Context } from 'aws-lambda';
import type { Channel } from '../contracts/channel.ts';
import type { ConsumerDescriptor } from '../contracts/consumer.ts';
import type { MessageContract } from '../contracts/contract.ts';
import type { consumerFunctions, HandlerContext } from './consumer-functions.ts';
import { MessagingError } from './errors.ts';
import type { ParkingAnswer, ParkingRequest } from './operator-request.ts';
import { type ProcessAnswer, type ProcessRequest, processRequestOf } from './process/operator-request.ts';
import type { Process } from './process.ts';
import { subscriberFunctions } from './subscriber-functions.ts';

type Sweep = ReturnType<typeof consumerFunctions>['sweep'];

/**
 * Creates the two Lambda functions of the consumer that receives the replies to a process: `consume` and `sweep`. At an
 * operator's request, `sweep` also shows a process or carries out a decision about a process.
 * @throws {Error} like `subscriberFunctions`, and if the consumer is not `idempotent` or does not read the queue of
 * the process's replies
 * @public
 */
export function processFunctions<C extends MessageContract, S extends Channel, Data>(
  consumer: ConsumerDescriptor<C, S>,
  processOf: (context: HandlerContext<S>) => Process<Data>,
) {
  let process: Process<Data> | undefined;
  const { consume, sweep } = subscriberFunctions(consumer, (context) => {
    process = processOf(context);
    return process.handlers(consumer);
  });
  return { consume, sweep: withDecisions(() => process as Process<Data>, sweep) };
}

/** Creates a sweep that also carries out operators' requests about processes. */
export const withDecisions =
  <Data>(processOf: () => Pick<Process<Data>, 'read' | 'decide'>, sweep: Sweep) =>
  async (
    event: ParkingRequest | ProcessRequest | object,
    context: Context,
  ): Promise<ParkingAnswer | ProcessAnswer | undefined> => {
    const request = processRequestOf(event);
    if (!request) return sweep(event, context);
    const { process: id, decide } = request;
    const before = await processOf().read(id);
    if (!before) return { refused: `there is no process ${id}` };
    if (!decide) return { process: before };
    try {
      const process = await processOf().decide(id, decide);
      // The process no longer needs an operator. Redriving the held message removes it, and has no other effect.
      if (before.progress.state === 'needs-person' && before.progress.parked !== undefined)
        await sweep({ redrive: [before.progress.parked], release: true }, context);
      return { process };
    } catch (error) {
      if (!(error instanceof MessagingError)) throw error;
      return { refused: error.message };
    }
  };
