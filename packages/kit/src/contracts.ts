/** Contracts between services: messages, channels, consumers, routes and problems. */
export { inAvro } from './contracts/avro.ts';
export { type Channel, serviceOf } from './contracts/channel.ts';
export { type ConsumerDescriptor, defineConsumer } from './contracts/consumer.ts';
export type { MessageContract } from './contracts/contract.ts';
export { command, document, event, queue, topic } from './contracts/descriptors.ts';
export { idempotencyKey, timestamp, wholeNumber } from './contracts/fields.ts';
export { kitProblems, type ProblemDocument, type ProblemType, problem, problemType } from './contracts/problem.ts';
export { defineProcess, processDeadline } from './contracts/process.ts';
export { inProtobuf } from './contracts/protobuf.ts';
export type { Route } from './contracts/route.ts';
export { type TokenScopes, tokenScopes } from './contracts/token-scopes.ts';
export { inXml } from './contracts/xml.ts';
