import type { Command } from 'commander';
import { createProgram } from 'rollcall/internal/cli/program';

/** Renders the help of a command and its subcommands. */
function helpOf(command: Command, above: string): string[] {
  const path = `${above} ${command.name()}`.trim();
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => 100 }).outputHelp();
  const below = command.commands.filter((one) => one.name() !== 'help');
  return [`## \`${path}\`\n`, `\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`, ...below.flatMap((one) => helpOf(one, path))];
}

/** Renders the page of the command line from the help texts. */
export const commandsPage = (): string =>
  ['# Command line\n', 'The output of `--help` for each command.\n', ...helpOf(createProgram({}), '')].join('\n');
