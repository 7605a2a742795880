/** The kinds of entries of https://keepachangelog.com/en/1.1.0/, in the order in which they are written. */
const KINDS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'] as const;
type Kind = (typeof KINDS)[number];

export const UNRELEASED = 'Unreleased';

interface Section {
  /** `Unreleased`, or a version. */
  version: string;
  /** The date of the release: YYYY-MM-DD. Undefined for `Unreleased`. */
  date?: string;
  /** The entries of each kind, in Markdown. */
  entries: ReadonlyMap<Kind, string>;
}

export interface Changelog {
  /** The text before the first section. */
  preamble: string;
  /** The newest first. */
  sections: readonly Section[];
}

const HEADING = /^## (?:\[Unreleased\]|\[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2}))$/;
const SECTIONS = /^(?=## )/m;
const GROUPS = /^(?=### )/m;

const isKind = (name: string): name is Kind => (KINDS as readonly string[]).includes(name);

function readSection(text: string): Section {
  const [heading = '', ...lines] = text.split('\n');
  const match = HEADING.exec(heading);
  if (!match) throw new SyntaxError(`"${heading}" must be "## [Unreleased]" or "## [1.2.3] - 2026-12-31"`);
  const [, version = UNRELEASED, date] = match;
  const [before = '', ...groups] = lines.join('\n').split(GROUPS);
  if (before.trim() !== '')
    throw new SyntaxError(`${version}: entries must be below one of the headings ${KINDS.join(', ')}`);
  const entries = groups.map((group): [Kind, string] => {
    const [, kind = '', written = ''] = /^### ([^\n]*)\n(.*)$/s.exec(group) ?? [];
    if (!isKind(kind)) throw new SyntaxError(`${version}: "${kind}" must be one of ${KINDS.join(', ')}`);
    return [kind, written.trim()];
  });
  return { version, ...(date !== undefined && { date }), entries: new Map(entries) };
}

/** @throws {SyntaxError} if a section does not follow Keep a Changelog. The message names the heading or the section */
export function readChangelog(text: string): Changelog {
  const [preamble = '', ...sections] = text.split(SECTIONS);
  return { preamble, sections: sections.map(readSection) };
}

/** Returns the entries of a section in Markdown. */
export const notesOf = ({ entries }: Section): string =>
  KINDS.flatMap((kind) => (entries.get(kind) ? [`### ${kind}\n\n${entries.get(kind)}`] : [])).join('\n\n');

export const sectionOf = ({ sections }: Changelog, version: string): Section | undefined =>
  sections.find((section) => section.version === version);

const formatSection = (section: Section) => {
  const heading = section.date === undefined ? '' : ` - ${section.date}`;
  return [`## [${section.version}]${heading}`, notesOf(section)].filter((part) => part !== '').join('\n\n');
};

export const writeChangelog = ({ preamble, sections }: Changelog): string =>
  `${preamble}${sections.map(formatSection).join('\n\n')}\n`;

/**
 * Moves the unreleased entries to a version's section, which may already have entries.
 * @param date of the release: YYYY-MM-DD
 */
export function releaseChangelog(changelog: Changelog, version: string, date: string): Changelog {
  const isOf = (section: Section) => section.version === version || section.version === UNRELEASED;
  // The entries that are already in the version's section are older, so they come first.
  const parts = changelog.sections.filter(isOf).reverse();
  const entries = KINDS.flatMap((kind): [Kind, string][] => {
    const all = parts.flatMap((part) => part.entries.get(kind) ?? []);
    return all.length > 0 ? [[kind, all.join('\n')]] : [];
  });
  const nothing: [Kind, string][] = [['Changed', '- Only the version.']];
  return {
    preamble: changelog.preamble,
    sections: [
      { version: UNRELEASED, entries: new Map() },
      { version, date, entries: new Map(entries.length > 0 ? entries : nothing) },
      ...changelog.sections.filter((section) => !isOf(section)),
    ],
  };
}
