import { Outbox, type RollcallApp, ServiceFunction, ServiceTable } from '@rollcall/cdk';
import type { Channel, Route } from '@rollcall/kit/contracts';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';

export function sendingService(
  app: RollcallApp,
  name: string,
  sendsTo: readonly Channel[],
  routes: Record<string, Route>,
) {
  return app.service(name, (stack, props) => {
    const { stage, api } = props;
    const table = new ServiceTable(stack, 'Table', {
      stage,
      name: `${name}-state`,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
    });
    const outbox = new Outbox(stack, 'Outbox', {
      ...props,
      service: name,
      entry: `functions/${name}/publish.handler.ts`,
      sendsTo,
    });
    const functions: Record<string, ServiceFunction> = {};
    for (const [key, route] of Object.entries(routes)) {
      const fn = new ServiceFunction(stack, key, {
        stage,
        name: `${name}-${key}`,
        entry: `functions/${name}/api.handler.ts`,
        handler: key,
      });
      const writes = route.method !== 'GET';
      fn.uses(`${name.toUpperCase()}_TABLE`, table, 'GetItem', ...(writes ? ['PutItem'] : []));
      fn.addEnvironment('OUTBOX_TABLE', outbox.table.tableName);
      if (writes) outbox.table.allow(fn, 'PutItem');
      api.addServiceRoute(stack, `${key}Route`, route, fn);
      functions[key] = fn;
    }
    return { stack, table, outbox, functions };
  });
}
