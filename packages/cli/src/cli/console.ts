import { createGuardedServer } from '@rollcall/local/internal/server/guard';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { Command } from 'commander';
import pc from 'picocolors';
import { builtConsole } from '../console/page.ts';
import { createConsole } from '../console/server.ts';
import { onStopSignal, stopWithNpm } from '../stop-signals.ts';
import { onStage, port } from './command.ts';
import { printJson } from './output.ts';

/** Each call creates a new command, because `rollcall` and `ops` each need one, and a command has only one parent. */
export const consoleCommand = (): Command =>
  new Command('console')
    .description('serve the console of a stage on this machine, with your credentials, until Ctrl-C')
    .option('--port <port>', 'port on 127.0.0.1', port, 4040)
    .addHelpText(
      'after',
      '\nWhile the console runs, anybody on this machine can use it. An embedded cloud serves its own console at http://127.0.0.1:4000/\nExample: AWS_PROFILE=… npm run ops -- console --stage prod',
    )
    .action(
      onStage<{ port: number }, []>(async (stage, { port: wanted, json, folder }) => {
        stopWithNpm();
        const operatorConsole = await createConsole({ app: folder, stage, page: builtConsole() });
        const server = createGuardedServer((request, response) => {
          if (!operatorConsole.serve(request, response)) response.writeHead(404).end();
        });
        const url = await listen(server, wanted, 'the console');
        if (json) printJson({ url: `${url}/` });
        else console.log(`${pc.green('ready')}  ${pc.cyan(`${url}/`)}  stage ${stage.name}`);
        await new Promise<void>((resolve) => onStopSignal(resolve));
        await operatorConsole.stop();
        await close(server);
      }),
    );
