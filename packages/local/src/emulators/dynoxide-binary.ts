import { readFileSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { CloudError } from '../errors/cloud-error.ts';

/** The package whose version is pinned. The packages of all platforms have the same version. */
const PINNED = '@dynoxide/linux-x64';
/** The supported platforms: https://github.com/nubo-db/dynoxide/blob/main/npm/dynoxide/platforms.json */
const PLATFORMS: readonly string[] = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

const EXTERNAL = 'use a running DynamoDB, such as DynamoDB Local: DYNAMODB_URL=http://127.0.0.1:8000 npm start';

/** The version that this package requires. */
function pinnedVersion(): string {
  const manifest = JSON.parse(readFileSync(findPackageJSON(import.meta.url) as string, 'utf8'));
  return manifest.optionalDependencies[PINNED];
}

/**
 * The path of the emulator's binary. With the lock file, npm installs only the binary for Linux on x64.
 * @throws {CloudError} if the binary is not installed. The message contains the command that installs the binary, if
 * there is one for this platform, and the command that uses another DynamoDB
 */
export function dynoxideBinary(platform = `${process.platform}-${process.arch}`): string {
  const name = `@dynoxide/${platform}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/dynoxide`);
  } catch (cause) {
    const missing = `The DynamoDB emulator for ${platform} is not installed.`;
    const advice = PLATFORMS.includes(platform)
      ? `Add it: npm install --no-save ${name}@${pinnedVersion()} (or ${EXTERNAL})`
      : `The emulator does not support this platform. Instead, ${EXTERNAL}`;
    throw new CloudError(`${missing} ${advice}`, { cause });
  }
}
