import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Replaces the SDK's credential provider chain in bundles (packages/cdk/src/bundling.ts). Lambda puts the credentials
 * of the function's role into its environment
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime), so files,
 * SSO, processes and instance metadata are never consulted. This saves 125 KB per bundle.
 */
export const defaultProvider = fromEnv;
