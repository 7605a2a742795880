import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const typeIn = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as { type?: string }).type;

/**
 * Ensures that Node.js loads the `.js` files of a function as CommonJS, as on Lambda, unless a `package.json` in the
 * code folder defines their type. On Lambda there is no `package.json` above the code. On this machine, the app's
 * `package.json` can be above the code. If it defines the type `module`, this function writes an empty `package.json`
 * into the output of `cdk synth`.
 * @param codeFolder the code of the function. If the folder is not in `root`, nothing is written
 * @param root the output folder of `cdk synth`
 */
export function defaultToCommonJs(codeFolder: string, root: string): void {
  if (!codeFolder.startsWith(root)) return;
  for (let folder = codeFolder; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    if (!folder.startsWith(root) && typeIn(file) === 'module') writeFileSync(join(root, 'package.json'), '{}\n');
    return;
  }
}
