import { readFileSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { CloudError } from '../errors/cloud-error.ts';

/** The binaries of all platforms have the same version. */
const PINNED = '@dynoxide/linux-x64';
/** Further platforms: https://github.com/nubo-db/dynoxide/blob/main/npm/dynoxide/platforms.json */
const PLATFORMS: readonly string[] = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

const OWN = 'a DynamoDB that listens, such as DynamoDB Local: DYNAMODB_URL=http://127.0.0.1:8000 npm start';

/** The version that this package requires. */
function pinnedVersion(): string {
  const manifest = JSON.parse(readFileSync(findPackageJSON(import.meta.url) as string, 'utf8'));
  return manifest.optionalDependencies[PINNED];
}

/**
 * The path of the emulator's binary. npm installs only the one for Linux on x64, by the lock file.
 * @throws {CloudError} if it is not installed, with the command that installs it
 */
export function dynoxideBinary(platform = `${process.platform}-${process.arch}`): string {
  const name = `@dynoxide/${platform}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/dynoxide`);
  } catch (cause) {
    const missing = `The DynamoDB emulator for ${platform} is not installed.`;
    const mend = PLATFORMS.includes(platform)
      ? `Add it: npm install --no-save ${name}@${pinnedVersion()} (or name ${OWN})`
      : `There is none; name ${OWN}`;
    throw new CloudError(`${missing} ${mend}`, { cause });
  }
}
