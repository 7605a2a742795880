import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keepOnlyHttpProvider } from '../../ops/chaos/templates.ts';
import { readFixtures } from '../../ops/fixtures/format.ts';
import { replay } from '../../ops/fixtures/replay.ts';
import { fixturesOf, versionsWithFixtures } from '../../ops/release/fixtures.ts';
import { changedAssembly } from '../support/assembly.ts';
import { root } from '../support/run.ts';

const versions = versionsWithFixtures(root);

it('released versions have fixtures', () => expect(versions).toContain('0.2.0'));

it.each(versions)(
  'the data of %s is processed once: rows, parked messages, and messages in queues',
  async (version) => {
    const { expected, ...written } = readFixtures(join(root, fixturesOf(version)));
    const { violations, finalStates } = await replay(await changedAssembly(['sms'], keepOnlyHttpProvider), written);
    expect(violations).toEqual([]);
    expect(finalStates).toEqual(expected);
  },
);
