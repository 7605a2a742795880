import { Argument, Command } from 'commander';
import { bashScript, type Completable, fishScript, zshScript } from './completion-scripts.ts';

/** Every command with the words that can follow it, the program itself first. */
function completablesOf(command: Command, path: readonly string[] = []): Completable[] {
  const help = command.createHelp();
  const subcommands = command.commands.filter((one) => one.name() !== 'help');
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  return [
    {
      path,
      subcommands: subcommands.map((one) => ({ name: one.name(), description: one.description() })),
      options: options.map(({ long, short, description, argChoices, required, optional }) => ({
        flags: [long, short].filter((flag) => flag !== undefined),
        description,
        takesValue: required || optional,
        choices: argChoices ?? [],
      })),
      choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    },
    ...subcommands.flatMap((one) => completablesOf(one, [...path, one.name()])),
  ];
}

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

export const completion = new Command('completion')
  .description('print the completion script of a shell for an installed rollcall')
  .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
  .addHelpText(
    'after',
    '\nExample: rollcall completion bash >> ~/.bashrc\n         rollcall completion fish > ~/.config/fish/completions/rollcall.fish',
  )
  .action((shell: keyof typeof SCRIPTS, _: object, { parent }: Command) => {
    if (parent) console.log(SCRIPTS[shell](completablesOf(parent)));
  });
