import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';

/** How a handler file becomes what Lambda runs. */
export const bundling = {
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  minify: true,
  // Names of errors and functions are what a person on call reads in a stack trace.
  keepNames: true,
  legalComments: 'none',
  loader: { '.html': 'text' },
  alias: {
    '@aws-sdk/credential-provider-node': fileURLToPath(
      import.meta.resolve('@rollcall/kit/internal/aws/environment-credentials'),
    ),
    '@aws-sdk/endpoint-cache': fileURLToPath(import.meta.resolve('@rollcall/kit/internal/aws/endpoint-cache')),
  },
  // The SDK imports it when an operation streams events. None of ours does.
  external: ['@smithy/core/event-streams'],
  // Some dependencies are CommonJS and call require().
  banner: {
    js: "import{createRequire as createRequireOfBundle}from'node:module';const require=createRequireOfBundle(import.meta.url);",
  },
} satisfies BuildOptions;
