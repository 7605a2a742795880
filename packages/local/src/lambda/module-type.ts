import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const typeIn = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as { type?: string }).type;

/**
 * Makes `.js` files in a folder CommonJS unless something in it says otherwise. On Lambda there is no `package.json`
 * above the code; here the app's is, which Node.js would use. So the output of `cdk synth` gets one of its own.
 * @param root the folder above the code in which it may be written
 */
export function shieldFromTypeAbove(codeFolder: string, root: string): void {
  if (!codeFolder.startsWith(root)) return;
  for (let folder = codeFolder; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    if (!folder.startsWith(root) && typeIn(file) === 'module') writeFileSync(join(root, 'package.json'), '{}\n');
    return;
  }
}
