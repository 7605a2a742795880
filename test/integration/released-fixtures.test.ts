import { join } from 'node:path';
import { expect, it } from 'vitest';
import { leaveOneProvider } from '../../ops/chaos/templates.ts';
import { readFixtures } from '../../ops/fixtures/form.ts';
import { replay } from '../../ops/fixtures/replay.ts';
import { fixturesOf, versionsWithFixtures } from '../../ops/release/fixtures.ts';
import { changedAssembly } from '../support/assembly.ts';
import { root } from '../support/run.ts';

const versions = versionsWithFixtures(root);

it('every released version has kept what it wrote', () => expect(versions).toContain('0.2.0'));

it.each(versions)(
  'what %s wrote is read: rows, parked messages, and messages in queues, each once',
  async (version) => {
    const { expected, ...written } = readFixtures(join(root, fixturesOf(version)));
    const { violations, became } = await replay(await changedAssembly(['sms'], leaveOneProvider), written);
    expect(violations).toEqual([]);
    expect(became).toEqual(expected);
  },
);
