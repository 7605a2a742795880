import { RollcallApp, ServiceFunction } from '@rollcall/cdk';
import { App, Duration } from 'aws-cdk-lib';

// The smallest app for a debugger: one function in TypeScript, with a short timeout.
const app = new RollcallApp(new App(), { name: 'debugged', stages: { dev: {} }, channels: [] });
app.service('greetings', (stack, { stage }) => {
  const about = { name: 'greet', entry: 'functions/greet.handler.ts', handler: 'greet' };
  new ServiceFunction(stack, 'Greet', { stage, ...about, timeout: Duration.seconds(1) });
});
app.finish();
