/** Messaging: publish messages together with a state change, apply them, and reply to them. */

export { type ClaimCheck, createClaimCheck } from './messaging/claim-check.ts';
export { consumerFunctions, type HandlerContext } from './messaging/consumer-functions.ts';
export type { Correspondence } from './messaging/correspondence.ts';
export type { Decision } from './messaging/decision.ts';
export { type CommandContext, draft, draftTo } from './messaging/draft.ts';
export { HeldError, MessagingError, PermanentError, PostponedError, TransientError } from './messaging/errors.ts';
export { eventBridgeEvent, foreign, snsNotification } from './messaging/foreign.ts';
export type { Handlers } from './messaging/handlers.ts';
export { createLaterSweep } from './messaging/later/sweep.ts';
export { createLater } from './messaging/later/waiting.ts';
export { createMessage, type Message } from './messaging/message.ts';
export type { TransactItem } from './messaging/outbox.ts';
export { outboxFunctions } from './messaging/outbox-functions.ts';
export { outboxItem } from './messaging/outbox-item.ts';
export { createOutboxWriter } from './messaging/outbox-writer.ts';
export { outgoing } from './messaging/outgoing.ts';
export { parkingFunctions } from './messaging/parking-functions.ts';
export { createProcessClient, type ProcessWrites } from './messaging/process/client.ts';
export type { ProcessState } from './messaging/process/state.ts';
export { createProcess } from './messaging/process.ts';
export { processFunctions } from './messaging/process-functions.ts';
export { createPublisher } from './messaging/publisher.ts';
export { callableAgainFrom } from './messaging/remote-errors.ts';
export { createQueueSender } from './messaging/sender.ts';
export { subscriberFunctions } from './messaging/subscriber-functions.ts';
export type { Effect } from './messaging/subscriber-store.ts';
