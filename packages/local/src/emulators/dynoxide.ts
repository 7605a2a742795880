import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { CloudError } from '../errors/cloud-error.ts';
import { dynoxideBinary } from './dynoxide-binary.ts';

export interface Emulator {
  url: string;
  stop(): Promise<void>;
}

const STARTUP_MS = 10_000;
const PORTS_TRIED = 5;

/**
 * A shell script that runs a command, and kills the command when this process closes the pipe to the script's standard
 * input. The operating system closes the pipe even if this process is killed.
 */
const KILLED_WITH_PARENT =
  'exec 3<&0; "$0" "$@" </dev/null & child=$!; { read -r _ <&3; kill -9 $child; } & wait $child';

/**
 * Starts dynoxide, a DynamoDB emulator, as a child process, or uses the DynamoDB at `DYNAMODB_URL`.
 * @param file the data file
 */
export async function startDynamoDB(file: string): Promise<Emulator> {
  const external = process.env.DYNAMODB_URL;
  if (external) return { url: external.replace(/\/$/, ''), stop: async () => {} };

  for (let attempt = 1; ; attempt++) {
    try {
      return await startDynoxide(file);
    } catch (error) {
      // Another process may take the port between the search for a free port and dynoxide's start.
      const isTaken = error instanceof CloudError && error.message.includes('already in use');
      if (!isTaken || attempt === PORTS_TRIED) throw error;
    }
  }
}

async function startDynoxide(file: string): Promise<Emulator> {
  const { host, port } = await freeAddress();
  const args = ['serve', '--host', host, '--port', String(port), '--db-path', file];
  const child = spawn('/bin/sh', ['-c', KILLED_WITH_PARENT, dynoxideBinary(), ...args], {
    stdio: ['pipe', 'ignore', 'pipe'],
    // Detached, so that Ctrl-C does not end dynoxide. Running functions need their tables until the cloud stops these
    // functions.
    detached: true,
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const exited = once(child, 'exit');

  const deadline = Date.now() + STARTUP_MS;
  while (!(await accepts(host, port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.stdin.destroy();
      throw new CloudError(`DynamoDB (dynoxide) does not start on ${file}: ${errors.trim()}`);
    }
    await delay(5);
  }
  indexStreamRecords(file);
  return {
    url: `http://${host}:${port}`,
    async stop() {
      child.stdin.destroy();
      await exited;
    },
  };
}

/**
 * Creates an index for the query with which dynoxide 1.2 finds the last record of a stream at every write. Without the
 * index, dynoxide reads all records. After 5,000 writes with a message each, this reading slowed an app to two thirds
 * of its speed. This process can create the index only in a file, so even a cloud "in memory" needs a data file.
 */
function indexStreamRecords(file: string): void {
  const database = new DatabaseSync(file, { timeout: 5_000 });
  database.exec(
    'CREATE INDEX IF NOT EXISTS rollcall_stream_order ON _stream_records (table_name, CAST(sequence_number AS INTEGER))',
  );
  database.close();
}

/**
 * An address at which dynoxide can listen. dynoxide allows every web page to read and write the tables, and a page can
 * call any port of 127.0.0.1. Therefore, dynoxide listens on one of the 16 million other loopback addresses. On
 * machines with no other loopback address, such as macOS, it listens on 127.0.0.1.
 */
async function freeAddress(): Promise<{ host: string; port: number }> {
  const byte = () => randomInt(1, 255);
  const hidden = `127.${byte()}.${byte()}.${byte()}`;
  try {
    return { host: hidden, port: await freePort(hidden) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') throw error;
    return { host: '127.0.0.1', port: await freePort('127.0.0.1') };
  }
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
