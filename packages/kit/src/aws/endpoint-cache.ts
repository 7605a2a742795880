/**
 * Replaces the SDK's endpoint-discovery cache in bundles (packages/cdk/src/bundling.ts), which saves 8 KB per bundle.
 * The DynamoDB client creates a cache, but no command that the kit sends uses the cache.
 */
export class EndpointCache {}
