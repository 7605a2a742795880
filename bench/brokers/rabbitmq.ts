import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ChannelModel, connect } from 'amqplib';
import { NotAvailable, RECEIVERS, type Receive, type Transport, type TransportType } from './transport.ts';

/** The server in Debian's package. It is started without the package's wrapper, which would switch to another user. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const STARTS_WITHIN_MS = 90_000;
const QUEUE = 'bench';
/** The maximum number of unacknowledged messages per receiver. */
const PREFETCH = 10;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a broker that listens only on 127.0.0.1, with all files in a temporary folder. */
async function startBroker() {
  if (!existsSync(SERVER)) throw new NotAvailable('RabbitMQ is not installed: apt-get install rabbitmq-server');
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-rabbitmq-'));
  const [port, distributionPort, epmdPort] = await Promise.all([freePort(), freePort(), freePort()]);
  writeFileSync(join(folder, 'plugins'), '[].\n');
  writeFileSync(join(folder, 'rabbitmq.conf'), `listeners.tcp.default = 127.0.0.1:${port}\n`);
  const env = {
    ...process.env,
    HOME: folder,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_NODENAME: `bench${process.pid}@localhost`,
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
  const broker = spawn(SERVER, { env, stdio: 'ignore', detached: true });
  const ended = once(broker, 'exit');
  const stop = async () => {
    // The broker's script and the Erlang virtual machine are in one process group.
    if (broker.exitCode === null && broker.pid) process.kill(-broker.pid, 'SIGTERM');
    await ended;
    // Ends Erlang's port mapper. The broker started the mapper, but does not end it.
    spawnSync('epmd', ['-port', String(epmdPort), '-kill'], { stdio: 'ignore' });
    rmSync(folder, { recursive: true });
  };
  try {
    return { connection: await connectWithRetries(`amqp://127.0.0.1:${port}`), url: `amqp://127.0.0.1:${port}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function connectWithRetries(url: string): Promise<ChannelModel> {
  for (const deadline = Date.now() + STARTS_WITHIN_MS; ; await delay(200)) {
    try {
      return await connect(url);
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

/** Starts a receiver with its own connection. The receiver handles one message at a time. */
async function startReceiver(url: string, receive: Receive): Promise<ChannelModel> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  await channel.prefetch(PREFETCH);
  let last = Promise.resolve();
  let open = true;
  connection.on('close', () => {
    open = false;
  });
  await channel.consume(QUEUE, (message) => {
    last = last.then(async () => {
      if (!message || !open) return;
      await receive(JSON.parse(message.content.toString()));
      if (open) channel.ack(message);
    });
  });
  return connection;
}

/** RabbitMQ with a durable queue and persistent messages. The sender waits for the broker's confirmation. */
export const rabbitMq: TransportType = {
  name: 'RabbitMQ',
  async start(receive): Promise<Transport> {
    const { connection, url, stop } = await startBroker();
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue(QUEUE, { durable: true });
    const consumers: ChannelModel[] = [];
    const up = async () => {
      consumers.push(...(await Promise.all(Array.from({ length: RECEIVERS }, () => startReceiver(url, receive)))));
    };
    const down = async () => {
      await Promise.all(consumers.splice(0).map((consumer) => consumer.close()));
    };
    await up();
    return {
      send: (message) =>
        new Promise((resolve, reject) => {
          const body = Buffer.from(JSON.stringify(message));
          channel.sendToQueue(QUEUE, body, { persistent: true }, (error) => (error ? reject(error) : resolve()));
        }),
      down,
      up,
      async stop() {
        await down();
        await connection.close();
        await stop();
      },
    };
  },
};
