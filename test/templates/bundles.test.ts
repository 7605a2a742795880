import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundleOf } from '@rollcall/cdk/internal/bundles';
import { describe, expect, it } from 'vitest';

const KB = 1024;
const MAX_BYTES = 500 * KB;
/**
 * The size limits of bundles that contain Protobuf's runtime (106 KB), the metadata for the types of phones (152 KB),
 * or the clients of all SMS providers. See docs/decisions/0034-bundle-contents-and-cold-starts.md.
 */
const LARGER: Readonly<Record<string, number>> = {
  'functions/points/commands.handler.ts': 582 * KB,
  'functions/registration/register.handler.ts': 683 * KB,
  'functions/registration/rpc.handler.ts': 823 * KB,
  'functions/sms/commands.handler.ts': 645 * KB,
  'functions/sms/events.handler.ts': 542 * KB,
};

describe('a bundle', () => {
  it.each(globSync('functions/**/*.handler.ts').toSorted())('of %s is within its size limit', (entry) => {
    expect(statSync(join(bundleOf(entry), 'index.mjs')).size).toBeLessThanOrEqual(LARGER[entry] ?? MAX_BYTES);
  });
});
