import { existsSync } from 'node:fs';
import { dynoxideBinary } from '@rollcall/local/internal/emulators/dynoxide-binary';
import { expect, it } from 'vitest';
import { readLockFile } from '../../ops/supply-chain/lock-file.ts';

const lockedVersion = readLockFile().packages['node_modules/@dynoxide/linux-x64']?.version;

it('the DynamoDB emulator is installed for Linux on x64', () => {
  expect(existsSync(dynoxideBinary('linux-x64'))).toBe(true);
});

it.each(['darwin-arm64', 'darwin-x64', 'linux-arm64'])(
  'on %s, the error is one line with the package and version to install',
  (platform) => {
    expect(() => dynoxideBinary(platform)).toThrow(
      `The DynamoDB emulator for ${platform} is not installed. Add it: npm install --no-save @dynoxide/${platform}@${lockedVersion} (or use a running DynamoDB`,
    );
    expect(() => dynoxideBinary(platform)).not.toThrow(/\n/);
  },
);

it('on a platform without a binary, the error suggests another DynamoDB', () => {
  expect(() => dynoxideBinary('freebsd-x64')).toThrow(/^The DynamoDB emulator for freebsd-x64 .+ DYNAMODB_URL=/);
  expect(() => dynoxideBinary('freebsd-x64')).not.toThrow('npm install');
});
