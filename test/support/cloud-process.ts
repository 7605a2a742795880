import { startCloud } from '@rollcall/local/internal/cloud';
import { smsSandbox } from '../../ops/sms-sandbox/sandbox.ts';

// Runs a cloud in a separate process, for tests that kill it. Prints its URLs when it is ready.
const [assembly = '', data = ''] = process.argv.slice(2);
const { apiUrl, endpointUrl, beside } = await startCloud({ assembly, data, beside: [smsSandbox()] });
console.log(JSON.stringify({ apiUrl, endpointUrl, beside }));
