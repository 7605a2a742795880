import { Command, Option } from 'commander';
import pc from 'picocolors';
import { drawMermaid, drawText } from '../stage/draw.ts';
import { topologyIn } from '../stage/topology.ts';
import { onStage } from './command.ts';
import { printJson } from './output.ts';

const marks = {
  label: pc.dim,
  name: (name: string, kind: string) => (kind === 'dead letters' ? pc.yellow(name) : pc.bold(name)),
};

export const topology = new Command('topology')
  .description('draw the message flow of a stage from its deployed templates')
  .option('--all', 'include every function and table; default: only the message flow')
  .addOption(new Option('--mermaid', 'print a Mermaid flowchart').conflicts('json'))
  .addHelpText('after', '\nExample: npm run --silent ops -- topology --mermaid > topology.mmd')
  .action(
    onStage<{ all?: boolean; mermaid?: boolean }, []>(async (stage, { all = false, mermaid, json }) => {
      const drawn = topologyIn(await stage.resources(), stage.table(''), { all });
      if (json) return printJson(drawn);
      console.log(mermaid ? drawMermaid(drawn) : drawText(drawn, marks));
    }),
  );
