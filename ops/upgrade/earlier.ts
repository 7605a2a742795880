import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { synthesize } from '@rollcall/local/internal/synthesize';

/**
 * Synthesizes an earlier version of the project with its own dependencies.
 * @param ref a git revision
 * @param folder the folder to create for the sources, the packages and the assembly
 * @returns the folder of the assembly
 */
export async function synthesizeEarlier(root: string, ref: string, folder: string): Promise<string> {
  const source = join(folder, 'source');
  mkdirSync(source, { recursive: true });
  const archive = execFileSync('git', ['archive', '--format=tar', ref], { cwd: root, maxBuffer: 1024 ** 3 });
  execFileSync('tar', ['-x', '-C', source], { input: archive });
  install(root, source);
  return synthesize(join(folder, 'assembly'), {}, { root: source });
}

/**
 * Installs the dependencies of an earlier version. If they are identical to the dependencies of this version, uses hard
 * links to the installed packages. A symbolic link to `node_modules` would resolve to the workspaces of this version.
 */
function install(root: string, source: string): void {
  const lockOf = (place: string) => readFileSync(join(place, 'package-lock.json'), 'utf8');
  if (lockOf(root) === lockOf(source)) {
    execFileSync('cp', ['-al', join(root, 'node_modules'), join(source, 'node_modules')]);
    const ofCli = 'packages/cli/node_modules';
    if (existsSync(join(root, ofCli))) execFileSync('cp', ['-al', join(root, ofCli), join(source, ofCli)]);
    return;
  }
  execFileSync('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: source, stdio: 'pipe' });
}
