import { createInterface } from 'node:readline';
import { randomOf } from '@rollcall/kit/internal/testing/simulation/random';
import { startCloud } from '@rollcall/local/internal/cloud';
import { smsSandbox } from '../sms-sandbox/sandbox.ts';
import { createFaults, type FaultLevel, type Order, type Report } from './faults.ts';

// Runs an embedded cloud with injected faults as a separate process, so that it can be killed. The process writes
// reports to its standard output and reads orders from its standard input.
const [assembly = '', data = '', seed = '', rejectOneIn = '', ports = '{}'] = process.argv.slice(2);
let faultLevel: FaultLevel = 'all';
// A write to a pipe completes before the call returns, so no report is lost if the process is killed.
const report = (line: Report) => void process.stdout.write(`${JSON.stringify(line)}\n`);

const faults = createFaults({
  random: randomOf(Number(seed)),
  faultLevel: () => faultLevel,
  rejectOneIn: Number(rejectOneIn),
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
async function execute(order: Order): Promise<void> {
  if ('faultLevel' in order) faultLevel = order.faultLevel;
  else if ('deploy' in order) {
    await cloud.redeploy(order.deploy, order);
    report({ done: 'deployed' });
  } else report({ done: await cloud.retirePrevious() });
}

createInterface({ input: process.stdin })
  .on('line', (line) => void execute(JSON.parse(line) as Order))
  .on('close', () => process.exit());
const { apiUrl, endpointUrl, beside } = cloud;
report({ ready: { apiUrl, endpointUrl, beside } });
