/** Service discovery: instances that register themselves. */
export { createRegistry } from './discovery/registry.ts';
export { createSubscribers } from './discovery/subscribers.ts';
