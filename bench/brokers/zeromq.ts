import { Pull, Push } from 'zeromq';
import { RECEIVERS, type Receive, type Transport, type TransportType } from './transport.ts';

async function startReceiver(receive: Receive, address: string): Promise<{ pull: Pull; ended: Promise<void> }> {
  const pull = new Pull();
  await pull.bind(address);
  const read = async () => {
    for await (const [body] of pull) await receive(JSON.parse(String(body)));
  };
  return { pull, ended: read() };
}

/** ZeroMQ. The sender connects to each receiver, and sends messages to the receivers in turn. */
export const zeroMq: TransportType = {
  name: 'ZeroMQ, no broker',
  async start(receive): Promise<Transport> {
    const pulls = await Promise.all(
      Array.from({ length: RECEIVERS }, () => startReceiver(receive, 'tcp://127.0.0.1:*')),
    );
    const addresses = pulls.map(({ pull }) => pull.lastEndpoint ?? '');
    const push = new Push();
    for (const address of addresses) push.connect(address);
    // The library allows one send at a time.
    let last: Promise<void> = Promise.resolve();
    const down = async () => {
      for (const { pull, ended } of pulls.splice(0)) {
        pull.close();
        await ended;
      }
    };
    return {
      send(message) {
        last = last.then(() => push.send(JSON.stringify(message)));
        return last;
      },
      down,
      async up() {
        pulls.push(...(await Promise.all(addresses.map((address) => startReceiver(receive, address)))));
      },
      async stop() {
        await down();
        push.linger = 0;
        push.close();
      },
    };
  },
};
