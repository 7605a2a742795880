import type { AppConfig } from '@rollcall/local';

export default {
  beside: ({ port }) => [
    { name: 'greeter', start: async () => ({ url: `greeter-${port}`, parameters: { Greeting: 'hello' } }) },
  ],
} satisfies AppConfig;
