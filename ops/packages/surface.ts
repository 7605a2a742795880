import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './build.ts';

const REPORTS = join(ROOT, 'docs/api');

/** An exported name of a package. */
export interface Exported {
  /** The entry point, such as `kit/messaging`. */
  entry: string;
  name: string;
  /** `public`: changes follow semantic versioning. `beta`: may change in a minor version. */
  tag: 'public' | 'beta';
  isDocumented: boolean;
}

const EXPORT = /^\/\/ @(public|beta)(.*)\nexport (?:abstract )?(?:class|const|function|interface|type) (\w+)/gm;
/** A re-export of another package. */
const REEXPORT = /^export \{ (\w+) \}/gm;

const reports = () =>
  readdirSync(REPORTS, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.api.md'))
    .map((file) => ({ entry: file.replace(/\.api\.md$/, ''), report: readFileSync(join(REPORTS, file), 'utf8') }));

/** Reads the reports of a package, such as `kit`. */
export const reportsOf = (name: string): string[] =>
  reports().flatMap(({ entry, report }) => (entry.split('/')[0] === name ? [report] : []));

/** Reads all exports of the packages from the reports in docs/api. */
export function readSurface(): Exported[] {
  return reports().flatMap(({ entry, report }) => {
    const declared = [...report.matchAll(EXPORT)].map(([, tag, rest = '', name = '']) => ({
      entry,
      name,
      tag: tag as Exported['tag'],
      isDocumented: !rest.includes('(undocumented)'),
    }));
    const others = [...report.matchAll(REEXPORT)].map(([, name = '']) => ({
      entry,
      name,
      tag: 'public' as const,
      isDocumented: true,
    }));
    return [...declared, ...others];
  });
}
