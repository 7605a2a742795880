import type { Channel } from '../contracts/channel.ts';
import type { ConsumerDescriptor } from '../contracts/consumer.ts';
import type { MessageContract } from '../contracts/contract.ts';
import type { ClaimCheck } from './claim-check.ts';
import { consumerFunctions, type HandlerContext } from './consumer-functions.ts';
import type { Handlers } from './handlers.ts';
import { environmentOf } from './subscriber-functions/environment.ts';

/**
 * Creates the two Lambda functions of a consumer, which have the names `…-NAME-consume` and `…-NAME-sweep`. Reads the
 * environment variables that the construct Consumer sets. For other deployments, use `consumerFunctions`.
 * @param claimCheck reads the data of large messages; required if the channel is `large`
 * @throws {Error} if an environment variable is missing or invalid, or if the name of the Lambda function shows that
 * the function belongs to another consumer
 * @public
 */
export const subscriberFunctions = <C extends MessageContract, S extends Channel>(
  descriptor: ConsumerDescriptor<C, S>,
  handlers: (context: HandlerContext<S>) => Handlers<C>,
  { claimCheck }: { claimCheck?: ClaimCheck } = {},
) => consumerFunctions(descriptor, { ...environmentOf(descriptor.name), ...(claimCheck && { claimCheck }) }, handlers);
