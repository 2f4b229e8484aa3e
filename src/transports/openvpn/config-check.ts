import { missingFiles } from './config-files.js';
import { parseConfiguration } from './configuration.js';

export interface CheckedConfiguration {
	/** Its text, if there is one. */
	readonly config?: string;
	/** Where its relative paths start. */
	readonly directory?: string;
	readonly directives?: readonly string[];
	/** What takes the place of the configuration's own authority. */
	readonly ca?: string;
}

/**
 * What keeps openvpn from starting with a configuration, one sentence each, without starting it: openvpn's own last words
 * ("Please correct these errors") hide the cause.
 */
export function configurationProblems({
	config,
	directory,
	directives = [],
	ca,
}: CheckedConfiguration): string[] {
	const own = parseConfiguration(config ?? '');
	const more = parseConfiguration(directives.join('\n'));
	return [
		...own.problems.map((problem) => `in the configuration, ${problem}`),
		...more.problems.map((problem) => `in \`directives\`, ${problem}`),
		...missingFiles(
			[
				...own.directives.filter(({ name }) => !(name === 'ca' && ca)),
				...more.directives,
			],
			directory,
		),
	];
}
