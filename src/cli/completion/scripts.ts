import type { CommandWords } from './words.js';

const NAME = 'cloudlink-agent';

function bash(commands: readonly CommandWords[]): string {
	const cases = commands.map(
		({ name, flags }) =>
			`\t\t${name}) words="${flags.map(({ long }) => long).join(' ')}" ;;`,
	);
	return `# bash completion of ${NAME}: source <(${NAME} completion bash)
_cloudlink_agent() {
	local words current="\${COMP_WORDS[COMP_CWORD]}"
	case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
		*) words="" ;;
	esac
	if [ "$COMP_CWORD" -eq 1 ]; then
		words="${commands.map(({ name }) => name).join(' ')} --help --version"
	fi
	COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _cloudlink_agent ${NAME}
`;
}

function zsh(commands: readonly CommandWords[]): string {
	const value = (takesFile: boolean, takesValue: boolean) =>
		takesFile ? ':file:_files' : takesValue ? ':value:' : '';
	const cases = commands.map(
		({ name, flags }) =>
			`\t\t${name}) _arguments ${flags
				.map(
					({ long, summary, takesFile, takesValue }) =>
						`'*${long}[${summary}]${value(takesFile, takesValue)}'`,
				)
				.join(' ')} ;;`,
	);
	return `#compdef ${NAME}
# zsh completion of ${NAME}: ${NAME} completion zsh > "\${fpath[1]}/_${NAME}"
_cloudlink_agent() {
	local -a commands=(
${commands.map(({ name, summary }) => `\t\t'${name}:${summary}'`).join('\n')}
	)
	if (( CURRENT == 2 )); then
		_describe command commands
		return
	fi
	local command="\${words[2]}"
	shift words
	(( CURRENT-- ))
	case "$command" in
${cases.join('\n')}
	esac
}
if [ "$funcstack[1]" = "_${NAME}" ]; then
	_cloudlink_agent "$@"
else
	compdef _cloudlink_agent ${NAME}
fi
`;
}

function fish(commands: readonly CommandWords[]): string {
	const lines = commands.flatMap(({ name, summary, flags }) => [
		`complete -c ${NAME} -n __fish_use_subcommand -f -a ${name} -d '${summary}'`,
		...flags.map(
			({ long, summary: does, takesFile, takesValue }) =>
				`complete -c ${NAME} -n '__fish_seen_subcommand_from ${name}' -l ${long.slice(2)}${takesValue ? ' -r' : ''}${takesFile ? ' -F' : ' -f'} -d '${does}'`,
		),
	]);
	return `# fish completion of ${NAME}: ${NAME} completion fish | source\n${lines.join('\n')}\n`;
}

/** The script that completes our commands and flags, for each shell that we know. */
export const SCRIPTS = { bash, zsh, fish } as const;

export type Shell = keyof typeof SCRIPTS;
