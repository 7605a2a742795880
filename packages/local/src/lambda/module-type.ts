import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const typeIn = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as { type?: string }).type;

/**
 * Has `.js` files in a folder be CommonJS where nothing in it says otherwise, as on Lambda, above whose code there is no
 * `package.json`: here the app's is, and Node.js would go by that. What `cdk synth` wrote gets one of its own.
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
