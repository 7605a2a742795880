/** AWS clients, transactions, signed requests, and the environment variables of a function. */
export { clientDefaults, createDynamoDB } from './aws/clients.ts';
export { addresses, jsonOf, readEnvironment, text } from './aws/environment.ts';
export { signerOf } from './aws/signed.ts';
export { transact } from './aws/transact.ts';
