/**
 * Replaces the SDK's endpoint-discovery cache in bundles (packages/cdk/src/bundling.ts): the DynamoDB client creates
 * one, but none of its commands uses it. This saves 8 KB a bundle.
 */
export class EndpointCache {}
