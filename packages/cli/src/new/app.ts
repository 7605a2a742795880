// The dependencies of this example have the versions that a generated app is tested with.
import example from '../../../../examples/orders/package.json' with { type: 'json' };
import { operatorScopeOf } from '../stage/token.ts';
import { checkName } from './names.ts';
import type { Plan } from './plan.ts';
import { serviceFiles } from './service.ts';
import { publisherStatement, type ServiceNames } from './service-files.ts';

/**
 * Generates an app: one service with a table, a topic and two routes, and a test of the service.
 * @throws {OperatorError} if the name is invalid
 */
export function newApp(name: string): Plan {
  checkName(name);
  const items = {
    app: name,
    service: 'items',
    aggregate: 'item',
    contracts: 'shared/items.ts',
    scope: operatorScopeOf({}),
  };
  return {
    files: {
      '.gitignore': 'node_modules/\ncdk.out/\n.rollcall/\n',
      'package.json': json({ ...example, name }),
      'cdk.json': json({ app: 'node infra/app.ts' }),
      'tsconfig.json': json(tsconfig),
      'vitest.config.ts': vitestConfig,
      'rollcall.config.ts': `import { defineApp } from 'rollcall/app';\n\nexport default defineApp({ name: '${name}' });\n`,
      'shared/channels.ts': "import { itemEvents } from './items.ts';\n\nexport const channels = [itemEvents];\n",
      'infra/app.ts': infra(items),
      ...serviceFiles(items),
    },
    next: [
      `cd ${name} && npm install && npm test`,
      'npm start runs the app on this machine; npm run check checks its types.',
      'Replace the sample service `items`, starting with shared/items.ts. To add parts: rollcall new service, subscriber, command or route.',
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

const infra = (names: ServiceNames): string => `\
import { RollcallApp } from '@rollcall/cdk';
import { App } from 'aws-cdk-lib';
import { channels } from '../shared/channels.ts';
import { ${names.aggregate}Events, ${names.aggregate}Routes } from '../${names.contracts}';

const app = new RollcallApp(new App(), { name: '${names.app}', stages: { dev: {} }, channels });

${publisherStatement('app', names)}

app.finish();
`;
