import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';

/** The esbuild options that bundle a handler file for Lambda. */
export const bundling = {
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  minify: true,
  // Keeps the names of errors and functions in stack traces readable.
  keepNames: true,
  legalComments: 'none',
  loader: { '.html': 'text' },
  alias: {
    '@aws-sdk/credential-provider-node': fileURLToPath(
      import.meta.resolve('@rollcall/kit/internal/aws/environment-credentials'),
    ),
    '@aws-sdk/endpoint-cache': fileURLToPath(import.meta.resolve('@rollcall/kit/internal/aws/endpoint-cache')),
  },
  // The SDK imports this module only for operations with event streams, which no function uses.
  external: ['@smithy/core/event-streams'],
  // Some dependencies are CommonJS and call require().
  banner: {
    js: "import{createRequire as createRequireOfBundle}from'node:module';const require=createRequireOfBundle(import.meta.url);",
  },
} satisfies BuildOptions;
