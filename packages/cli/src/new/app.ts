// Its versions are those that an app is tested with.
import example from '../../../../examples/orders/package.json' with { type: 'json' };
import { apiHandler, itemsTest, publishHandler } from './app-service.ts';
import { checkName, type Plan } from './plan.ts';

/**
 * An app in an empty folder: one service with a table, a topic and two routes, and its test.
 * @throws {OperatorError} if the name cannot be one
 */
export function newApp(name: string): Plan {
  checkName(name);
  return {
    files: {
      '.gitignore': 'node_modules/\ncdk.out/\n.rollcall/\n',
      'package.json': json({ ...example, name }),
      'cdk.json': json({ app: 'node infra/app.ts' }),
      'tsconfig.json': json(tsconfig),
      'vitest.config.ts': vitestConfig,
      'rollcall.config.ts': `import { defineApp } from 'rollcall/app';\n\nexport default defineApp({ name: '${name}' });\n`,
      'shared/contracts.ts': contracts(name),
      'functions/items/api.handler.ts': apiHandler,
      'functions/items/publish.handler.ts': publishHandler,
      'infra/app.ts': infra(name),
      'test/items.test.ts': itemsTest,
    },
    next: [
      `cd ${name} && npm install && npm test`,
      'npm start runs it on this machine; npm run check looks at its types.',
      'Replace items by what the app is about: shared/contracts.ts first. Then rollcall new subscriber NAME --of item-events.',
    ],
  };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const tsconfig = {
  compilerOptions: {
    target: 'ES2024',
    lib: ['ESNext'],
    module: 'NodeNext',
    types: ['node'],
    noEmit: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  },
  include: ['infra', 'functions', 'shared', 'test', '*.ts'],
};

const vitestConfig = `\
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } });
`;

const contracts = (name: string): string => `\
import { event, type Route, topic } from '@rollcall/kit/contracts';
import * as z from 'zod';

const about = { name: z.string().min(1).max(100) };

export const itemAdded = event('${name}.item.added.v1', z.object({ itemId: z.uuid(), ...about }), {
  subjectField: 'itemId',
});

export const itemEvents = topic('item-events', { from: '/${name}/items', messages: [itemAdded] });

export const channels = [itemEvents];

export const routes = {
  add: { method: 'POST', path: '/items', access: 'write' },
  read: { method: 'GET', path: '/items/{id}', access: 'read' },
} as const satisfies Record<string, Route>;

export const newItem = z.strictObject(about);
`;

const infra = (name: string): string => `\
import { RollcallApp } from '@rollcall/cdk';
import { App } from 'aws-cdk-lib';
import { channels, itemEvents, routes } from '../shared/contracts.ts';

const app = new RollcallApp(new App(), { name: '${name}', stages: { dev: {} }, channels });

app.publisher('items', { of: itemEvents, routes });

app.finish();
`;
