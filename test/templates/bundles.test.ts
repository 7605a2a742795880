import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundleOf } from '../../infra/bundles.ts';

const KB = 1024;
const MOST = 500 * KB;
/** Those with Protobuf's runtime (106 KB) or metadata of phones (123 KB to know a country, 180 KB to know the kind). */
const LARGER: Readonly<Record<string, number>> = {
  'functions/points/commands.handler.ts': 600 * KB,
  'functions/registration/api.handler.ts': 520 * KB,
  'functions/registration/register.handler.ts': 705 * KB,
  'functions/registration/rpc.handler.ts': 845 * KB,
  'functions/sms/commands.handler.ts': 785 * KB,
  'functions/sms/events.handler.ts': 680 * KB,
};

describe('a bundle', () => {
  it.each(globSync('functions/**/*.handler.ts').toSorted())('of %s is no larger than what it uses', (entry) => {
    expect(statSync(join(bundleOf(entry), 'index.mjs')).size).toBeLessThanOrEqual(LARGER[entry] ?? MOST);
  });
});
