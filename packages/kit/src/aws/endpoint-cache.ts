/**
 * Stands in bundles for the SDK's cache of discovered endpoints (packages/cdk/src/bundling.ts): the client of DynamoDB makes one, and
 * none of its commands asks it. A bundle without it is 8 KB smaller.
 */
export class EndpointCache {}
