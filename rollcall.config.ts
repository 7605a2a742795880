import { defineApp } from '@rollcall/local';
import { smsSandbox } from './ops/sms-sandbox/sandbox.ts';

export default defineApp({
  beside: ({ port }) => [smsSandbox({ port: port && port + 10 })],
});
