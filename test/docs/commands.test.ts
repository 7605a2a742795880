import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from 'rollcall/internal/cli/program';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import app from '../../rollcall.config.ts';
import { root } from '../support/run.ts';
import { blocksOf } from './blocks.ts';
import { pages } from './pages.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Scripts that no test runs by their name, each with the reason. */
const NOT_RUN: Record<string, string> = {
  deploy: 'needs an account; its checks are tested by test/unit/{preflight,deploy-account}.test.ts',
  'test:deployed': 'needs an account; the same suite runs against the embedded cloud',
  'deploy:localstack': 'needs LocalStack; its stage is tested by test/unit/localstack.test.ts',
  bench: 'a measurement: it takes minutes, and needs a machine without other work',
  'bench:cold': 'a measurement',
  'bench:console': 'a measurement',
  'bench:formats': 'a measurement',
  'bench:latency': 'a measurement',
  'bench:overload': 'a measurement',
  'bench:peers': 'a measurement',
  'bench:tracing': 'a measurement',
  'bench:brokers': 'a measurement, which needs brokers',
  'test:fidelity': 'part of `npm test`',
  'security:secrets': 'part of `npm run check`',
  'build:cli': 'the package is also built, installed and run by test/integration/packages.test.ts',
  'contracts:release': 'part of `npm run release`, which test/unit/release-command.test.ts runs',
  sbom: 'part of the release workflow; its output is tested by test/security/supply-chain.test.ts',
  picture: 'draws the pictures of the console; a person checks the result',
  fix: 'changes files; `npm run check` runs the same rules',
  'docs:build': 'the same build is run by test/browser/site.test.ts',
  docs: 'runs until it is stopped; its pages are built by test/browser/site.test.ts',
};

/** Matches commands that call AWS, or that use a stage that exists only in an AWS account. */
const NEEDS_ACCOUNT = /(^|[ |(&$])aws [a-z]|cdk deploy|npm run deploy |--stage prod/m;

/** Files that run scripts: tests and CI. */
const runners = [
  ...globSync(['test/**/*.ts', 'examples/*/test/*.ts', '.github/workflows/*.yml'], { cwd: root }),
  '.ci/run',
].filter((file) => !file.startsWith('test/docs/'));
const running = runners.map(read).join('\n');

const scriptsOf = (folder: string): Record<string, string> => {
  const file = join(root, folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).scripts : {};
};

/** Finds the scripts in `npm run NAME` and similar commands on a page. */
const scriptsIn = (page: string): string[] =>
  [...read(page).matchAll(/\bnpm (?:run (?:--silent |--workspace \S+ )*)?([a-z][\w:-]*)/g)]
    .filter(([command, name = '']) => command.includes(' run ') || ['start', 'test'].includes(name))
    .map(([, name = '']) => name);

/** The scripts of the example `orders`, which a generated app has too. */
const generated = scriptsOf('examples/orders');

const isRun = (name: string): boolean => {
  const script = packageJson.scripts[name as keyof typeof packageJson.scripts] ?? '';
  const file = /\b[\w/-]+\.ts\b/.exec(script)?.[0];
  const invocation = new RegExp(`npm (run (--silent )?)?${name}\\b`);
  return (
    invocation.test(running) || (file !== undefined && running.includes(file.replace(/^packages\/cli\/src\//, '')))
  );
};

/** Finds the arguments of calls of `rollcall` on a page. */
const callsIn = (page: string): string[][] =>
  [...read(page).matchAll(/(?:npm run (?:--silent )?(ops|new) -- |npx (?:--no )?rollcall )([^`\n#|()"&;]*)/g)].map(
    ([, script, rest = '']) => [...(script ? [script] : []), ...rest.trim().split(/\s+/)].filter(Boolean),
  );

const optionsOf = (command: Command | null): string[] =>
  command ? [...command.options.map(({ long }) => long ?? ''), ...optionsOf(command.parent)] : ['--help', '--version'];

/** The names of the commands at the start of a call, without arguments and options. */
function commandIn(words: readonly string[]): string[] {
  let command = createProgram(app);
  const names = [];
  for (const word of words) {
    const below = command.commands.find((one) => one.name() === word);
    if (!below) break;
    command = below;
    names.push(word);
  }
  return names;
}

/** Returns an error if a call contains an unknown command or option, otherwise undefined. */
function callError(words: readonly string[]): string | undefined {
  let command = createProgram(app);
  for (const word of words) {
    if (word.startsWith('--')) {
      const name = word.split('=')[0] ?? '';
      if (!optionsOf(command).includes(name)) return `${words.join(' ')}: no option ${name}`;
      continue;
    }
    const below = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (below) command = below;
    else if (command.commands.length > 0 && /^[a-z]+$/.test(word)) return `${words.join(' ')}: no command ${word}`;
    else return undefined;
  }
  return undefined;
}

describe('a command that a page names', () => {
  it.each(pages)('exists: %s', (page) => {
    const scripts = { ...scriptsOf('.'), ...scriptsOf(dirname(page)), ...generated };
    expect(scriptsIn(page).filter((name) => !(name in scripts))).toEqual([]);
    expect(callsIn(page).flatMap((words) => callError(words) ?? [])).toEqual([]);
  });

  it('is found in the text', () => {
    expect(scriptsIn('README.md')).toEqual(expect.arrayContaining(['ops', 'chaos', 'simulate']));
    expect(callsIn('README.md')).toContainEqual(['ops', 'parked', 'list']);
  });

  it('is reported if it does not exist', () => {
    expect(callError(['ops', 'parked', 'redrive', '--everything'])).toContain('no option --everything');
    expect(callError(['ops', 'parcels'])).toContain('no command parcels');
  });

  it('is run by a test or by CI, or is listed with a reason', () => {
    const named = [...new Set(pages.flatMap(scriptsIn))].filter((name) => name in packageJson.scripts);
    expect(named.filter((name) => !isRun(name) && !(name in NOT_RUN))).toEqual([]);
    expect(Object.keys(NOT_RUN).filter((name) => !(name in packageJson.scripts))).toEqual([]);
  });

  it.each(pages)('is marked where it needs an AWS account: %s', (page) => {
    const needing = blocksOf(page).filter(({ language, text }) => language === 'sh' && NEEDS_ACCOUNT.test(text));
    expect(needing.filter(({ info }) => !info.includes('needs-account')).map(({ line }) => line)).toEqual([]);
  });

  it('calls this machine at an address that a test also calls, if it is a curl command', () => {
    const calls = pages.flatMap((page) =>
      [...read(page).matchAll(/\bcurl [^`\n]*(?:\\\n[^`\n]*)??(http:\/\/[^\s`'")]+)/g)].map(
        ([, to = '']) => new URL(to),
      ),
    );
    expect(calls.length).toBeGreaterThan(10);
    expect(calls.filter(({ hostname }) => hostname !== '127.0.0.1')).toEqual([]);
    // Ignores ids and names of faults, because tests use other values. Ignores RPC methods, because tests call them
    // through a client.
    const called = ({ pathname }: URL) =>
      running.includes(pathname.replace(/(?<=^\/faults\/|\/members\/|MemberService).+|^\/.*(?=MemberService)/g, ''));
    expect(calls.filter((to) => !called(to)).map(String)).toEqual([]);
  });

  it('is run by a test if it is a rollcall command', () => {
    const commands = pages.flatMap(callsIn).map((words) => commandIn(words).filter((word) => word !== 'ops'));
    const tests = runners.filter((file) => file.endsWith('.ts')).map(read);
    // A test runs each command of the tutorial.
    const scripts = [...runners.filter((file) => !file.endsWith('.ts')), 'docs/tutorial.md'].map(read).join('\n');
    const isRun = (words: string[]) => {
      // A command of two or more words may follow other arguments of the test's call. A command of one word, such as
      // `cost`, must be the first argument or follow `ops`, because elsewhere the word may be something else.
      const start = words.length > 1 ? '[([,]' : "(?:[([]|'ops',)";
      const call = new RegExp(`${start}\\s*${words.map((word) => `'${word}'`).join(',\\s*')}`);
      const line = new RegExp(`\\b(ops --|rollcall) ${words.join(' ')}\\b`);
      return tests.some((test) => call.test(test)) || line.test(scripts);
    };
    const missing = commands.filter((words) => words.length > 0 && !isRun(words)).map((words) => words.join(' '));
    expect([...new Set(missing)]).toEqual([]);
  });

  it('runs a program of the project if it is an npx command', () => {
    const programs = pages.flatMap((page) =>
      [...read(page).matchAll(/\bnpx (?:--no )?([a-z][\w-]*)/g)].map(([, name]) => name),
    );
    const missing = [...new Set(programs)].filter((name) => !existsSync(join(root, 'node_modules/.bin', name ?? '')));
    expect(missing).toEqual([]);
  });
});
