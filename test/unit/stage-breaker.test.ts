import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CircuitOpenError, RejectedError, UnavailableError } from '@rollcall/kit/internal/resilience/errors';
import { createStageBreaker } from '@rollcall/kit/internal/resilience/stage-breaker';
import { startDynamoDB } from '@rollcall/local/internal/emulators/dynoxide';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-circuits-'));
let emulator: Awaited<ReturnType<typeof startDynamoDB>>;

beforeAll(async () => {
  emulator = await startDynamoDB(join(folder, 'dynamodb.db'));
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ endpoint: emulator.url, region: 'us-east-1', credentials });
  await client.send(
    new CreateTableCommand({
      TableName: 'circuits',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  client.destroy();
});
afterAll(async () => {
  await emulator.stop();
  rmSync(folder, { recursive: true });
});

/** Sets CIRCUITS_TABLE, as `allowBreaking` does, and the variables that the AWS SDK needs. */
beforeEach(() => {
  vi.stubEnv('CIRCUITS_TABLE', 'circuits');
  vi.stubEnv('AWS_ENDPOINT_URL', emulator.url);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

/** A function of the stage that calls a service. */
function calling(name: string) {
  const logged: string[] = [];
  const changes: string[] = [];
  const log = (message: string) => void logged.push(message);
  const { execute } = createStageBreaker({
    name,
    logger: { debug: log, info: log, warn: log, error: log },
    onChange: ({ is }) => void changes.push(is),
  });
  return {
    ...{ logged, changes },
    answered: () => execute(async () => 'answer'),
    /** The error names of five calls at once, which are enough to open a circuit. */
    failed: (error: Error) =>
      Promise.all(
        Array.from({ length: 5 }, () => execute(() => Promise.reject(error)).catch((failure: Error) => failure.name)),
      ),
  };
}

const down = new UnavailableError('the service is down');

describe('the breaker of a stage', () => {
  it('opens for all functions through the table of the stage, and closes after a probe, and logs both changes', async () => {
    const one = calling('payments');
    await one.failed(down);
    expect([one.changes, one.logged]).toEqual([['open'], ['circuit payments is open']]);

    const other = calling('payments');
    await expect(other.answered()).rejects.toThrow(CircuitOpenError);
    expect([other.changes, other.logged]).toEqual([[], []]);
    expect(await calling('shipping').answered()).toBe('answer');

    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6_000 });
    const later = calling('payments');
    expect(await later.answered()).toBe('answer');
    expect([later.changes, later.logged]).toEqual([['closed'], ['circuit payments is closed']]);
  });

  it('stays closed when the service rejects requests, because it is healthy', async () => {
    const { failed, changes } = calling('refunds');
    expect(await failed(new RejectedError('no such order'))).toEqual(Array(5).fill('RejectedError'));
    expect(changes).toEqual([]);
  });

  it('lets calls through while the circuit cannot be read, and logs the failure', async () => {
    vi.stubEnv('CIRCUITS_TABLE', 'elsewhere');
    const { answered, logged } = calling('payments');
    expect(await answered()).toBe('answer');
    expect(logged).toContain('circuit payments cannot be read or written: its last known state stays in use');
  });

  it('is refused in a function without permission for circuits', () => {
    vi.stubEnv('CIRCUITS_TABLE', '');
    expect(() => calling('payments')).toThrow('CIRCUITS_TABLE');
  });
});
