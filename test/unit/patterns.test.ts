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

/** `a/{b,c}.ts` is two paths. */
const expanded = (path: string): string[] => {
  const [, before = '', choices, after = ''] = /^(.*)\{(.+)\}(.*)$/.exec(path) ?? [];
  return choices === undefined ? [path] : choices.split(',').map((choice) => `${before}${choice}${after}`);
};

/** What is in the repository: not `/v1`, nor `application/xml`. */
const pathsIn = (cell: string) => [
  ...spansIn(cell)
    .filter((span) => /^(functions|packages|shared|infra|ops|bench|docs|examples)\/\S+$/.test(span))
    .flatMap(expanded),
  ...[...cell.matchAll(/\]\(([^)#]+)/g)].map(([, path = '']) => join('docs', path)),
];

/** The words of what a command line says after `npm run`. */
const runsIn = (cell: string) =>
  spansIn(cell).flatMap((span) => [...span.matchAll(/npm run (?:--silent )?([^)|]+)/g)].map(([, words = '']) => words));

/** Those of `package.json` beside the page that a row leads to, if it says that the command runs there. */
function scriptsOf({ where, watch }: Row): string[] {
  const [, folder] = /`(examples\/\w+)`/.exec(where) ?? [];
  if (!folder || !watch.includes(' there')) return Object.keys(about.scripts);
  const own = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as { scripts: object };
  return Object.keys(own.scripts);
}

const program = createProgram(app);

/** What could stand where a group's command is missing or unknown; nothing, if the words lead to a command. */
function commandsAt({ commands }: Command, [word, ...words]: string[]): string[] {
  const found = commands.find((one) => one.name() === word);
  return found ? commandsAt(found, words) : commands.map((one) => one.name());
}

describe('docs/patterns.md', () => {
  it('has all 36', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 36 }, (_, index) => index + 1));
  });

  it.each(rows)('$number, $pattern, is where it says', ({ where }) => {
    const paths = pathsIn(where);
    expect(paths).not.toEqual([]);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it.each(rows)('$number, $pattern, is watched by commands and paths of the API that there are', (row) => {
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

  it.each(rows)('$number, $pattern, has the tests that it names', ({ test }) => {
    const named = [...test.matchAll(/`([^`]+\.test\.ts)` \*([^*]+)\*/g)];
    expect(named).not.toEqual([]);
    for (const [, file = '', name = ''] of named) {
      expect(existsSync(join(root, file)), file).toBe(true);
      expect(readFileSync(join(root, file), 'utf8')).toContain(name);
    }
  });

  it('says of each group when not', () => {
    const groups = page.split(/^## /m).filter((part) => /^\| \d+ \|/m.test(part));
    expect(groups.filter((part) => !part.includes('**When not.**')).map((part) => part.split('\n')[0])).toEqual([]);
  });
});
