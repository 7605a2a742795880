import { startCloud } from '@rollcall/local/cloud';

// A cloud in a process of its own, for tests that kill it. Prints where it is once it is ready.
const [assembly = '', data = ''] = process.argv.slice(2);
const { apiUrl, smsUrl, endpointUrl } = await startCloud({ assembly, data });
console.log(JSON.stringify({ apiUrl, smsUrl, endpointUrl }));
