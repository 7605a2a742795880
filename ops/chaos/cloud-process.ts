import { createInterface } from 'node:readline';
import { randomOf } from '@rollcall/kit/internal/testing/simulation/random';
import { startCloud } from '@rollcall/local/internal/cloud';
import { smsSandbox } from '../sms-sandbox/sandbox.ts';
import { createFaults, type Order, type Report, type Weather } from './faults.ts';

// An embedded cloud with injected faults, in a process of its own that can be killed. It reports events on its standard
// output, and gets orders on its standard input.
const [assembly = '', data = '', seed = '', refusedOf = '', ports = '{}'] = process.argv.slice(2);
let weather: Weather = 'storm';
// A write to a pipe completes before the call returns: reports are not lost if the process is killed.
const report = (told: Report) => void process.stdout.write(`${JSON.stringify(told)}\n`);

const faults = createFaults({
  random: randomOf(Number(seed)),
  weather: () => weather,
  refusedOf: Number(refusedOf),
  report,
});
const { sms, ...fixed } = JSON.parse(ports) as { api: number; aws: number; sms: number };
const cloud = await startCloud({
  assembly,
  data,
  ports: fixed,
  beside: [smsSandbox({ port: sms, faults })],
  faults,
});
async function obey(order: Order): Promise<void> {
  if ('weather' in order) weather = order.weather;
  else if ('deploy' in order) {
    await cloud.redeploy(order.deploy, order);
    report({ done: 'deployed' });
  } else report({ done: await cloud.retirePrevious() });
}

createInterface({ input: process.stdin })
  .on('line', (line) => void obey(JSON.parse(line) as Order))
  .on('close', () => process.exit());
const { apiUrl, endpointUrl, beside } = cloud;
report({ ready: { apiUrl, endpointUrl, beside } });
