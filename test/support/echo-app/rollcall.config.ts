import { defineApp } from '@rollcall/local';

export default defineApp({
  beside: ({ port }) => [
    { name: 'greeter', start: async () => ({ url: `greeter-${port}`, parameters: { Greeting: 'hello' } }) },
  ],
});
