import { Command } from 'commander';
import pc from 'picocolors';
import { circuitsOf, resetCircuit } from '../stage/circuits.ts';
import { onStage } from './command.ts';
import { confirm } from './confirm.ts';
import { age, printJson, printTable } from './output.ts';

const list = new Command('list')
  .description('list circuits: their state, and response times of the remote services')
  .addHelpText(
    'after',
    '\nSet the timeout of a remote service to at least its p99.9.\nExample: npm run ops -- circuit list',
  )
  .action(
    onStage<object, []>(async (stage, { json }) => {
      const now = new Date();
      const found = await circuitsOf(stage, now);
      if (json) return printJson(found);
      if (found.length === 0)
        return console.log(
          pc.dim(
            'No calls are recorded yet. An instance of a function records its calls when a call fails, or after at least 32 calls.',
          ),
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
  .option('--yes', 'do not ask for confirmation')
  .addHelpText('after', '\nExample: npm run ops -- circuit reset payments')
  .action(
    onStage<{ yes?: boolean }, [string]>(async (stage, { yes, json }, circuit) => {
      const was = await resetCircuit(stage, circuit, () =>
        confirm(`All functions will call ${circuit} again immediately.`, yes),
      );
      if (json) printJson({ circuit, state: 'closed', was });
      else console.log(was === 'closed' ? `${circuit} is already closed.` : `${circuit} is closed.`);
    }),
  );

export const circuitCommand = new Command('circuit').description('circuit breakers in front of remote services');
for (const command of [list, reset]) circuitCommand.addCommand(command);
