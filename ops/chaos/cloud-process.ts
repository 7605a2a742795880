import { createInterface } from 'node:readline';
import { randomOf } from '@rollcall/kit/internal/testing/simulation/random';
import { startCloud } from '@rollcall/local/internal/cloud';
import { stageNamed } from '../../infra/stages.ts';
import { smsSandbox } from '../sms-sandbox/sandbox.ts';
import { createFaults, type Report, type Weather } from './faults.ts';

// An embedded cloud with injected faults, in a process of its own that can be killed. It reports events on its standard
// output, and gets the weather on its standard input.
const [assembly = '', data = '', seed = '', refusedOf = '', ports = '{}'] = process.argv.slice(2);
let weather: Weather = 'storm';
createInterface({ input: process.stdin })
  .on('line', (line) => {
    weather = line as Weather;
  })
  .on('close', () => process.exit());
// A write to a pipe completes before the call returns: reports are not lost if the process is killed.
const report = (told: Report) => void process.stdout.write(`${JSON.stringify(told)}\n`);

const faults = createFaults({
  random: randomOf(Number(seed)),
  weather: () => weather,
  refusedOf: Number(refusedOf),
  report,
});
const { sms, ...fixed } = JSON.parse(ports) as { api: number; aws: number; sms: number };
const { apiUrl, endpointUrl, beside } = await startCloud({
  assembly,
  data,
  ports: fixed,
  beside: [smsSandbox({ port: sms, faults })],
  // G5 guarantees a single SMS only for a provider that honours idempotency keys; with a second provider, a crash after
  // acceptance leads to two.
  environment: { SMS: JSON.stringify({ ...stageNamed('dev').sms, providers: ['http'] }) },
  faults,
});
report({ ready: { apiUrl, endpointUrl, beside } });
