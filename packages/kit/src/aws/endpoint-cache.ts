/**
 * Replaces the SDK's endpoint-discovery cache in bundles (packages/cdk/src/bundling.ts). The DynamoDB client creates
 * a cache, but none of its commands uses it. This saves 8 KB per bundle.
 */
export class EndpointCache {}
