/** A command, with the words that can follow it. */
export interface Completable {
  /** The names of the parent commands, then the name of the command. Empty for the program itself. */
  path: readonly string[];
  subcommands: ReadonlyArray<{ name: string; description: string }>;
  options: ReadonlyArray<{
    flags: readonly string[];
    description: string;
    takesValue: boolean;
    choices: readonly string[];
  }>;
  /** Known values of the command's arguments. */
  choices: readonly string[];
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Creates a script that finds the command in the typed words, and offers the next words or the values of an option. */
export function bashScript(all: readonly Completable[]): string {
  const commands = all.map((one) => ({ ...one, command: one.path.join(' ') }));
  const steps = commands
    .filter(({ command }) => command !== '')
    .map(
      ({ path, command }) => `${quote(`${path.slice(0, -1).join(' ')}:${path.at(-1)}`)}) command=${quote(command)} ;;`,
    );
  const values = commands.flatMap(({ command, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(
        ({ flags, choices }) =>
          `${flags.map((flag) => quote(`${command}:${flag}`)).join('|')}) words=${quote(choices.join(' '))} ;;`,
      ),
  );
  const words = commands.map(({ command, subcommands, options, choices }) => {
    const offered = [...subcommands.map(({ name }) => name), ...choices, ...options.flatMap(({ flags }) => flags)];
    return `${quote(command)}) words=${quote(offered.join(' '))} ;;`;
  });
  const indent = (lines: readonly string[]) => lines.map((line) => `      ${line}`).join('\n');
  return `_rollcall() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command= word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command:$word" in
${indent(steps)}
    esac
  done
  case "$command:$prev" in
${indent(values)}
      *) case "$command" in
${indent(words)}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _rollcall rollcall`;
}

/** zsh runs the bash completion. */
export const zshScript = (all: readonly Completable[]): string =>
  `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(all)}`;

export function fishScript(all: readonly Completable[]): string {
  const lines = all.flatMap(({ path, subcommands, options, choices }) => {
    const afterParents = path.map((name) => `__fish_seen_subcommand_from ${name}`);
    const names = subcommands.map(({ name }) => name);
    const beforeSubcommands = names.length > 0 ? [`not __fish_seen_subcommand_from ${names.join(' ')}`] : [];
    const begin = `complete -c rollcall -n ${quote([...afterParents, ...beforeSubcommands].join('; and '))}`;
    return [
      ...subcommands.map(({ name, description }) => `${begin} -a ${name} -d ${quote(description)}`),
      ...choices.map((choice) => `${begin} -a ${quote(choice)}`),
      ...options.map(({ flags, description, takesValue, choices: values }) => {
        const flagOptions = flags.map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        const value = takesValue ? ` -x${values.length > 0 ? ` -a ${quote(values.join(' '))}` : ''}` : '';
        return `${begin} ${flagOptions.join(' ')}${value} -d ${quote(description)}`;
      }),
    ];
  });
  return ['complete -c rollcall -f', ...lines].join('\n');
}
