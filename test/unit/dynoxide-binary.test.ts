import { existsSync } from 'node:fs';
import { dynoxideBinary } from '@rollcall/local/internal/emulators/dynoxide-binary';
import { expect, it } from 'vitest';
import { readLockFile } from '../../ops/supply-chain/lock-file.ts';

const lockedVersion = readLockFile().packages['node_modules/@dynoxide/linux-x64']?.version;

it('the DynamoDB emulator is installed for Linux on x64', () => {
  expect(existsSync(dynoxideBinary('linux-x64'))).toBe(true);
});

it.each(['darwin-arm64', 'darwin-x64', 'linux-arm64'])(
  'on %s one line says what to install, in the version of the lock file',
  (platform) => {
    expect(() => dynoxideBinary(platform)).toThrow(
      `The DynamoDB emulator for ${platform} is not installed. Add it: npm install --no-save @dynoxide/${platform}@${lockedVersion} (or name a DynamoDB that listens`,
    );
    expect(() => dynoxideBinary(platform)).not.toThrow(/\n/);
  },
);

it('where the emulator has no binary, it names a DynamoDB of your own', () => {
  expect(() => dynoxideBinary('freebsd-x64')).toThrow(/^The DynamoDB emulator for freebsd-x64 .+ DYNAMODB_URL=/);
  expect(() => dynoxideBinary('freebsd-x64')).not.toThrow('npm install');
});
