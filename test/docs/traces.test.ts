import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pictures, traceOf } from '../../ops/docs/traces/pictures.ts';
import { shortest, stepOf } from '../../ops/docs/traces/trace.ts';
import { root } from '../support/run.ts';

const CONCEPTS = join(root, 'docs/concepts');

it('each guarantee has a page, and each page has its own picture', () => {
  const pages = readdirSync(CONCEPTS).map((file) => file.replace(/\.md$/, ''));
  expect(pages.toSorted()).toEqual(Object.keys(pictures).toSorted());
  for (const page of pages)
    expect(readFileSync(join(CONCEPTS, `${page}.md`), 'utf8')).toContain(`../.vitepress/traces/${page}.json`);
});

describe('a picture', () => {
  it.each(Object.entries(pictures))(
    'shows the same steps of a simulated schedule each time: %s',
    async (_, picture) => {
      const trace = await traceOf(picture);
      expect(trace.steps.length).toBeGreaterThan(10);
      expect(await picture.run(trace.schedule)).toEqual(trace.steps);
    },
  );

  it('shows that the cursor rises by one, and never falls', async () => {
    const { 'g3-applied-exactly-once': once } = pictures;
    const { steps } = await traceOf(once as NonNullable<typeof once>);
    const cursors = steps.map(({ board }) => board['Cursor of the consumer']);
    expect(cursors.filter((cursor, index) => cursor !== cursors[index - 1])).toEqual(['none', 'v1', 'v2']);
  });

  it('is refused if no schedule contains the steps that it must show', async () => {
    const step = stepOf('10:00:00  relay-1 starts', {});
    const run = async () => [step];
    await expect(shortest('a crash', run, { patterns: [/crashes/], schedules: 3 })).rejects.toThrow(
      'no schedule up to 3',
    );
    expect(await shortest('a start', run, { patterns: [/starts/], schedules: 3 })).toMatchObject({ schedule: 1 });
  });
});
