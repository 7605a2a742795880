import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../support/run.ts';

const folder = join(root, 'test/guides/simulate');

it.each(readdirSync(folder))('the guide to simulations shows %s as it is run', (file) => {
  const page = readFileSync(join(root, 'docs/guides/simulate.md'), 'utf8');
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block);
  expect(blocks).toContain(readFileSync(join(folder, file), 'utf8'));
});
