import { startCloud } from '@rollcall/local/internal/cloud';
import { smsSandbox } from '../../ops/sms-sandbox/sandbox.ts';

// A cloud in a process of its own, for tests that kill it. Prints where it is once it is ready.
const [assembly = '', data = ''] = process.argv.slice(2);
const { apiUrl, endpointUrl, beside } = await startCloud({ assembly, data, beside: [smsSandbox()] });
console.log(JSON.stringify({ apiUrl, endpointUrl, beside }));
