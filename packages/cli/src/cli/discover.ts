import { createRegistry, type LiveInstance } from '@rollcall/kit/internal/discovery/registry';
import { Command } from 'commander';
import { namespaceOf, registeredEntries } from '../stage/directory.ts';
import { OperatorError } from '../stage/errors.ts';
import { onStage } from './command.ts';
import { printJson, printTable } from './output.ts';

const instanceRow = ({ id, address, weight, metadata, leaseUntil }: LiveInstance) => ({
  instance: id,
  address,
  weight,
  metadata: JSON.stringify(metadata),
  'lease ends in s': Math.round((leaseUntil - Date.now()) / 1000),
});

export const discover = new Command('discover')
  .description('find a service: its live instances, or the entry that the deployment registered')
  .argument('<service>', 'such as order-events or payments')
  .addHelpText('after', '\nExample: npm run ops -- discover payments')
  .action(
    onStage<object, [string]>(async (stage, { json }, service) => {
      const registry = createRegistry({
        client: stage.dynamodb,
        tableName: stage.table('instances'),
        now: () => new Date(),
      });
      const [instances, entries] = await stage.ask(() =>
        Promise.all([registry.find(service), registeredEntries(stage, service)]),
      );
      if (instances.length + entries.length === 0) {
        throw new OperatorError(
          `${service} is not registered. No instance is in ${stage.table('instances')}, and the deployment has no entry ${namespaceOf(stage)}/${service}.`,
        );
      }
      if (json) return printJson({ service, instances, registered: entries });
      if (instances.length > 0) printTable(instances.map(instanceRow));
      for (const { attributes } of entries) {
        printTable(Object.entries(attributes).map(([attribute, value]) => ({ attribute, value })));
      }
    }),
  );
