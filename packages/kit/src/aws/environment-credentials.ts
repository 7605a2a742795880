import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Replaces the SDK's credential provider chain in bundles (packages/cdk/src/bundling.ts), which saves 125 KB per
 * bundle. Lambda passes the credentials of the function's role in environment variables
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime). Therefore, a
 * function does not need the other providers of the chain: files, SSO, processes and instance metadata.
 */
export const defaultProvider = fromEnv;
