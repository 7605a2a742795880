/** Service discovery: the instances of services, and the subscribers of topics. */
export { createRegistry } from './discovery/registry.ts';
export { createSubscribers } from './discovery/subscribers.ts';
