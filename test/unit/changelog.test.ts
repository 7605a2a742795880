import { describe, expect, it } from 'vitest';
import { notesOf, readChangelog, releaseChangelog, sectionOf, writeChangelog } from '../../ops/release/changelog.ts';

const log = (...sections: string[]) => ['# Changelog\n\nWhat it is.', ...sections].join('\n\n').concat('\n');
const first = '## [0.1.0] - 2026-01-31\n\n### Added\n\n- An outbox.';

describe('a changelog', () => {
  it('is written exactly as it was read', () => {
    const text = log(
      '## [Unreleased]',
      '## [0.2.0] - 2026-02-28\n\n### Added\n\n- A relay,\n  in order.\n\n### Fixed\n\n- A lag.',
      first,
    );
    const changelog = readChangelog(text);
    expect(changelog.sections.map(({ version, date }) => [version, date])).toEqual([
      ['Unreleased', undefined],
      ['0.2.0', '2026-02-28'],
      ['0.1.0', '2026-01-31'],
    ]);
    expect(writeChangelog(changelog)).toBe(text);
  });

  it.each([
    ['## Unreleased', '"## Unreleased" must be "## [Unreleased]" or'],
    ['## [0.2.0]', '"## [0.2.0]" must be'],
    ['## [0.2.0] - 28.02.2026', '"## [0.2.0] - 28.02.2026" must be'],
    ['## [0.2.0] - 2026-02-28\n\n- A relay.', '0.2.0: entries must be below one of the headings Added, Changed,'],
    ['## [0.2.0] - 2026-02-28\n\n### New\n\n- A relay.', '0.2.0: "New" must be one of Added, Changed,'],
  ])('with %j is refused', (section, refusal) => {
    expect(() => readChangelog(log(section))).toThrow(refusal);
  });
});

describe('a release of a changelog', () => {
  const released = (...sections: string[]) =>
    writeChangelog(releaseChangelog(readChangelog(log(...sections)), '0.2.0', '2026-02-28'));

  it('moves all unreleased entries to the version', () => {
    expect(released('## [Unreleased]\n\n### Fixed\n\n- A lag.\n\n### Added\n\n- A relay.', first)).toBe(
      log('## [Unreleased]', '## [0.2.0] - 2026-02-28\n\n### Added\n\n- A relay.\n\n### Fixed\n\n- A lag.', first),
    );
  });

  it('that was already prepared gets the later entries and the new date', () => {
    const prepared = '## [0.2.0] - 2026-02-01\n\n### Added\n\n- A relay.';
    expect(released('## [Unreleased]\n\n### Added\n\n- A sweep.', prepared, first)).toBe(
      log('## [Unreleased]', '## [0.2.0] - 2026-02-28\n\n### Added\n\n- A relay.\n- A sweep.', first),
    );
  });

  it('of a package without changes contains a note about that', () => {
    const changelog = releaseChangelog(readChangelog(log('## [Unreleased]', first)), '0.2.0', '2026-02-28');
    const section = sectionOf(changelog, '0.2.0');
    expect(section && notesOf(section)).toBe('### Changed\n\n- Only the version.');
  });
});
