export { InMemoryCircuitStore } from './testing/in-memory-circuit-store.ts';
export { inMemoryConsumer } from './testing/in-memory-consumer.ts';
export { InMemorySubscriberStore } from './testing/in-memory-subscriber-store.ts';
export { SimulationError, simulate } from './testing/simulate.ts';
export type { Choose, Invariant, SimulatedContext, SimulatedState, ToPublish } from './testing/simulation/model.ts';
