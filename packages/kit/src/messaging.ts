/** What a function does with messages: publish them with a state change, apply them, answer them. */
export { consumerFunctions, type HandlerContext } from './messaging/consumer-functions.ts';
export type { Correspondence } from './messaging/correspondence.ts';
export { type AddressedDraft, type CommandContext, draft, draftTo } from './messaging/draft.ts';
export { HeldError, MessagingError, PermanentError, TransientError } from './messaging/errors.ts';
export { eventBridgeEvent, foreign, snsNotification } from './messaging/foreign.ts';
export type { Handlers } from './messaging/handlers.ts';
export { createMessage, type Message } from './messaging/message.ts';
<<<<<<< HEAD
export { createOutbox, outboxPut, type TransactItem } from './messaging/outbox.ts';
=======
export { createOutbox, type TransactItem } from './messaging/outbox.ts';
export { outboxFunctions } from './messaging/outbox-functions.ts';
>>>>>>> 792bd4c (feat(kit): one function makes an outbox's relay and sweep; npm test runs the examples)
export { createOutboxWriter } from './messaging/outbox-writer.ts';
export { type OutgoingMessage, outgoing } from './messaging/outgoing.ts';
export { parkingFunctions } from './messaging/parking-functions.ts';
export { createPublisher, type Decision } from './messaging/publisher.ts';
export { createRelay } from './messaging/relay.ts';
export { relayFunctions } from './messaging/relay-functions.ts';
export { callableAgainFrom } from './messaging/remote-errors.ts';
export { createSender, type Sender } from './messaging/sender.ts';
export { subscriberFunctions } from './messaging/subscriber-functions.ts';
export type { Effect, SetOnce } from './messaging/subscriber-store.ts';
export { publishByTopics } from './messaging/topics.ts';
