import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { Command } from 'commander';
import pc from 'picocolors';
import { CIRCUIT_SETTINGS, type Circuit, percentile, recent } from '../../shared/resilience/circuit.ts';
import { circuitOf, createCircuitStore } from '../../shared/resilience/dynamodb-circuit-store.ts';
import { confirm, onStage } from './command.ts';
import { age, printJson, printTable } from './output.ts';
import { OperatorError, type Stage } from './stage.ts';

async function circuits(stage: Stage): Promise<Array<[name: string, circuit: Circuit]>> {
  return stage.ask(async () => {
    const found: Array<[string, Circuit]> = [];
    const pages = paginateScan(
      { client: stage.dynamodb },
      { TableName: stage.table('circuits'), ConsistentRead: true },
    );
    for await (const { Items = [] } of pages)
      found.push(...Items.map(({ pk, ...item }) => [pk, circuitOf(item)] as [string, Circuit]));
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  });
}

function describe(name: string, circuit: Circuit, now: Date) {
  const { state, durations } = circuit;
  const { calls, failures } = recent(circuit, now.getTime(), CIRCUIT_SETTINGS);
  const ms = (part: number) => percentile(durations, part);
  return {
    circuit: name,
    state: state.is,
    ...(state.is === 'open' && { nextProbe: new Date(state.probeAt).toISOString() }),
    ...(state.is !== 'closed' && { since: new Date(state.since).toISOString(), because: state.because }),
    recentCalls: calls,
    recentFailures: failures,
    calls: [...durations.values()].reduce((sum, count) => sum + count, 0),
    ms: { p50: ms(0.5), p99: ms(0.99), 'p99.9': ms(0.999) },
  };
}

const list = new Command('list')
  .description('whether remote services are called, and how long their answers take')
  .addHelpText(
    'after',
    '\nThe 99.9th percentile is what a timeout should not be below; sms.timeoutMs in infra/stages.ts.\nExample: npm run ops -- circuit list',
  )
  .action(
    onStage<object, []>(async (stage, { json }) => {
      const now = new Date();
      const found = (await circuits(stage)).map(([name, circuit]) => describe(name, circuit, now));
      if (json) return printJson(found);
      if (found.length === 0)
        return console.log(
          pc.dim('Nothing is known yet: an instance tells of a call with its next one, a second later or more.'),
        );
      printTable(
        found.map(({ circuit, state, since, nextProbe, recentCalls, recentFailures, calls, ms }) => ({
          circuit,
          state,
          for: since ? age(since, now) : '',
          'next probe': nextProbe ?? '',
          failed: `${recentFailures} of ${recentCalls}`,
          calls,
          p50: ms.p50 ?? '',
          p99: ms.p99 ?? '',
          'p99.9 ms': ms['p99.9'] ?? '',
        })),
      );
      for (const { circuit, because } of found) if (because) console.log(pc.dim(`${circuit}: ${because}`));
    }),
  );

const reset = new Command('reset')
  .description('close a circuit now, without a probe')
  .argument('<circuit>')
  .option('--yes', 'do not ask')
  .addHelpText('after', '\nExample: npm run ops -- circuit reset sms-http')
  .action(
    onStage<{ yes?: boolean }, [string]>(async (stage, { yes, json }, name) => {
      const all = await circuits(stage);
      const circuit = all.find(([known]) => known === name)?.[1];
      if (!circuit) {
        const known = all.map(([one]) => one).join(', ') || 'none yet';
        throw new OperatorError(`There is no circuit "${name}"; there are: ${known}.`);
      }
      if (circuit.state.is !== 'closed') {
        await confirm(`Everybody will call ${name} again at once.`, yes);
        const store = createCircuitStore({ client: stage.dynamodb, tableName: stage.table('circuits') });
        if (!(await store.change(name, circuit.revision, { is: 'closed', since: Date.now() }))) {
          throw new OperatorError(`${name} changed at the same moment. Look again: npm run ops -- circuit list`);
        }
      }
      if (json) printJson({ circuit: name, state: 'closed', was: circuit.state.is });
      else console.log(circuit.state.is === 'closed' ? `${name} is closed already.` : `${name} is closed.`);
    }),
  );

export const circuitCommand = new Command('circuit').description('circuit breakers in front of remote services');
for (const command of [list, reset]) circuitCommand.addCommand(command);
