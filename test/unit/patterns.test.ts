import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from 'rollcall/internal/cli/program';
import { describe, expect, it } from 'vitest';
import openapi from '../../docs/api/openapi.json' with { type: 'json' };
import about from '../../package.json' with { type: 'json' };
import app from '../../rollcall.config.ts';
import { mutants } from '../simulation/mutants.ts';
import { root } from '../support/run.ts';

const page = readFileSync(join(root, 'docs/patterns.md'), 'utf8');

interface Row {
  number: number;
  pattern: string;
  where: string;
  watch: string;
  test: string;
}

const rows = [...page.matchAll(/^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \| (.+) \|$/gm)].map(
  ([, number, pattern = '', where = '', watch = '', test = '']): Row => ({
    ...{ number: Number(number), pattern, where, watch, test },
  }),
);

const spansIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);

/** `a/{b,c}.ts` means the two paths `a/b.ts` and `a/c.ts`. */
const expanded = (path: string): string[] => {
  const [, before = '', choices, after = ''] = /^(.*)\{(.+)\}(.*)$/.exec(path) ?? [];
  return choices === undefined ? [path] : choices.split(',').map((choice) => `${before}${choice}${after}`);
};

/** The paths of the repository in a cell, without routes such as `/v1` and without media types. */
const pathsIn = (cell: string) => [
  ...spansIn(cell)
    .filter((span) => /^(functions|packages|shared|infra|ops|bench|docs|examples)\/\S+$/.test(span))
    .flatMap(expanded),
  ...[...cell.matchAll(/\]\(([^)#]+)/g)].map(([, path = '']) => join('docs', path)),
];

/** The words after `npm run` in the commands of a cell. */
const runsIn = (cell: string) =>
  spansIn(cell).flatMap((span) => [...span.matchAll(/npm run (?:--silent )?([^)|]+)/g)].map(([, words = '']) => words));

/**
 * The npm scripts that the commands of a row can use: the scripts of its example if the row says that the commands run
 * in the example, otherwise the scripts of the project.
 */
function scriptsOf({ where, watch }: Row): string[] {
  const [, folder] = /`(examples\/\w+)`/.exec(where) ?? [];
  if (!folder || !watch.includes(' there')) return Object.keys(about.scripts);
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as { scripts: object };
  return Object.keys(manifest.scripts);
}

const program = createProgram(app);

/** The names of the possible commands if the words do not name a command, otherwise an empty array. */
function commandsAt({ commands }: Command, [word, ...words]: string[]): string[] {
  const found = commands.find((one) => one.name() === word);
  return found ? commandsAt(found, words) : commands.map((one) => one.name());
}

describe('docs/patterns.md', () => {
  it('has all 36 patterns', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 36 }, (_, index) => index + 1));
  });

  it.each(rows)('$number, $pattern, names paths that exist', ({ where }) => {
    const paths = pathsIn(where);
    expect(paths).not.toEqual([]);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it.each(rows)('$number, $pattern, names commands, mutants and routes that exist', (row) => {
    for (const words of runsIn(row.watch)) {
      const [script = '', , ...options] = words.split(' ');
      expect(scriptsOf(row)).toContain(script);
      if (script === 'ops') expect(commandsAt(program, ['ops', ...options]), words).toEqual([]);
    }
    for (const [, mutant] of row.watch.matchAll(/--mutant ([\w-]+)/g))
      expect(mutants.map(({ name }) => name)).toContain(mutant);
    for (const [, path = ''] of row.watch.matchAll(/\$API(\/v\d[^\s`]*)/g))
      expect(Object.keys(openapi.paths)).toContain(path.replace('$MEMBER', '{id}'));
  });

  it.each(rows)('$number, $pattern, names tests that exist', ({ test }) => {
    const named = [...test.matchAll(/`([^`]+\.test\.ts)` \*([^*]+)\*/g)];
    expect(named).not.toEqual([]);
    for (const [, file = '', name = ''] of named) {
      expect(existsSync(join(root, file)), file).toBe(true);
      expect(readFileSync(join(root, file), 'utf8')).toContain(name);
    }
  });

  it('explains for each group when not to use it', () => {
    const groups = page.split(/^## /m).filter((part) => /^\| \d+ \|/m.test(part));
    expect(groups.filter((part) => !part.includes('**When not.**')).map((part) => part.split('\n')[0])).toEqual([]);
  });
});
