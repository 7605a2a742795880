import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { createProgram } from 'rollcall/internal/cli/program';
import type { Topology } from 'rollcall/internal/stage/topology';
import { beforeAll, describe, expect, it } from 'vitest';
import about from '../../package.json' with { type: 'json' };
import app from '../../rollcall.config.ts';
import { changedAssembly } from '../support/assembly.ts';
import { cloudOf } from '../support/cloud.ts';
import { root, runNode, runScript } from '../support/run.ts';

const run = promisify(execFile);
const rollcall = (...options: string[]) => runScript('packages/cli/src/cli/main.ts', ...options);
const ops = (...options: string[]) => runScript('packages/cli/src/cli/main.ts', 'ops', ...options);

describe('npm run ops', () => {
  it('shows its version, exit codes, and commands', async () => {
    expect((await rollcall('--version')).stdout.trim()).toBe(about.version);
    const { code, stdout } = await ops('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: npm run ops --');
    expect(stdout).toContain('Exit codes: 0 success; 1');
  });

  it('has an example for every command', async () => {
    const withoutSubcommands = (command: Command): Command[] =>
      command.commands.length === 0 ? [command] : command.commands.flatMap(withoutSubcommands);
    for (const command of withoutSubcommands(createProgram(app))) {
      let output = '';
      command.configureOutput({
        writeOut: (text) => {
          output += text;
        },
      });
      command.outputHelp();
      expect([command.name(), output]).toEqual([command.name(), expect.stringContaining('Example: ')]);
    }
  });

  it.each([
    ['an unknown command', ['quees'], '(Did you mean queues?)'],
    ['an unknown subcommand', ['parked', 'lst'], '(Did you mean list?)'],
    ['an unknown option', ['queues', '--stag', 'prod'], '(Did you mean --stage?)'],
    ['a missing argument', ['discover'], "missing required argument 'service'"],
  ])('explains %s, with exit code 2', async (_, options, what) => {
    const { code, stderr } = await ops(...options);
    expect([code, stderr]).toEqual([2, expect.stringContaining(what)]);
  });

  it('is coloured unless NO_COLOR is set', async () => {
    const failing = (environment: Record<string, string>) =>
      runNode(
        [join(root, 'packages/cli/src/cli/main.ts'), 'ops', 'queues', '--endpoint', 'http://127.0.0.1:1'],
        environment,
      );
    expect((await failing({ NO_COLOR: '', FORCE_COLOR: '1' })).stderr).toContain('\u001b[');
    expect((await failing({ NO_COLOR: '1', FORCE_COLOR: '1' })).stderr).not.toContain('\u001b[');
  });
});

describe('npm run ops -- topology', () => {
  it('shows the current deployment', async () => {
    const cloud = await cloudOf();
    const swept = async () => {
      const { stdout } = await ops('topology', '--all', '--json', '--endpoint', cloud.endpointUrl);
      const { edges } = JSON.parse(stdout) as Topology;
      return edges.some(({ to, label }) => to === 'function:rollcall-dev-guide-sweep' && label.startsWith('swept'));
    };
    expect(await swept()).toBe(true);
    const isRule = ({ Type }: { Type: string }) => Type === 'AWS::Events::Rule';
    await cloud.redeploy(
      await changedAssembly(
        ['guide'],
        (resource) => isRule(resource) && Object.assign(resource.Properties, { Targets: [] }),
      ),
    );
    expect(await swept()).toBe(false);
  });
});

describe('completion', () => {
  let script: string;
  beforeAll(async () => {
    script = (await rollcall('completion', 'bash')).stdout;
  });

  /** Returns the completions that bash offers for the last word. The words follow `rollcall ops`. */
  const offered = (...words: string[]) => offeredAfter('ops', ...words);
  async function offeredAfter(...words: string[]): Promise<string[]> {
    const typed = ['rollcall', ...words];
    const quoted = typed.map((word) => `'${word}'`).join(' ');
    const program = `COMP_WORDS=(${quoted}); COMP_CWORD=${typed.length - 1}; _rollcall; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await run('bash', ['--norc', '-c', `${script}\n${program}`]);
    return stdout.split('\n').filter((line) => line !== '');
  }

  it('offers commands and subcommands', async () => {
    expect(await offered('pa')).toEqual(['parked']);
    expect(await offered('parked', '')).toEqual(expect.arrayContaining(['list', 'show', 'redrive', 'discard']));
    expect(await offered('--stage', 'prod', 'parked', 're')).toEqual(['redrive']);
  });

  it('offers options and their values', async () => {
    expect(await offered('parked', 'list', '--re')).toEqual(['--reason']);
    expect(await offered('parked', 'list', '--reason', '')).toContain('below-baseline');
    expect(await offered('parked', 'list', '--st')).toEqual(['--stage']);
    expect(await offered('parked', 'list', '--limit', '')).toEqual([]);
  });

  it('offers the values of an argument', async () => {
    expect(await offered('switch', 'set', 'po')).toEqual(['points']);
    expect(await offered('switch', 'profile', '')).toEqual(expect.arrayContaining(['normal', 'peak', 'incident']));
  });

  it('offers the kinds of new parts, and the methods of a route', async () => {
    const parts = ['app', 'service', 'subscriber', 'command', 'route'];
    expect(await offeredAfter('new', '')).toEqual(expect.arrayContaining(parts));
    expect(await offeredAfter('new', 'route', 'cancel', 'D')).toEqual(['DELETE']);
    expect(await offeredAfter('new', 'route', '--access', '')).toEqual(['public', 'read', 'write', 'services']);
    expect(await offeredAfter('new', 'command', '--fr')).toEqual(['--from']);
  });

  it('supports fish, and supports zsh through the bash script', async () => {
    const { stdout: zsh } = await rollcall('completion', 'zsh');
    expect(zsh).toBe(`autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${script}`);
    const { stdout: fish } = await rollcall('completion', 'fish');
    expect(fish).toMatch(/-n '__fish_seen_subcommand_from ops; and not __fish_seen_subcommand_from .*parked/);
    expect(fish).toMatch(
      /-n '__fish_seen_subcommand_from ops; and __fish_seen_subcommand_from parked; and __fish_seen_subcommand_from list' -l reason -x -a '/,
    );
  });
});
